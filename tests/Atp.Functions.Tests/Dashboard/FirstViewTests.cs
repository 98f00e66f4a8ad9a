using System.Globalization;
using Atp.Core.Health;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Atp.Functions.Tests.Dashboard;

/// <summary>What the page's first view costs on 100,000 devices: counted in requests and bytes, so that it holds on any machine.</summary>
public sealed class FirstViewTests(TestStack stack, Browser browser)
{
    private const int Devices = 100_000, Collections = 500, Deployments = 500, Organisations = 100, Days = 90;
    private const int ScriptBytes = 300_000, FiguresBytes = 60_000, AllBytes = 400_000;

    [Fact]
    public async Task The_first_view_on_100_000_devices_is_one_call_for_figures_and_at_most_300_kB_of_script()
    {
        await using var host = await AtpHost.StartAsync(stack);
        await RollUpAsLeftAsync(host);
        await browser.VisitAsync(host, async visit =>
        {
            var page = visit.Page;
            await page.AddInitScriptAsync("""
                new MutationObserver(() => {
                  if (document.querySelector("atp-chart[data-drawn]") && !performance.getEntriesByName("chart drawn").length) {
                    performance.mark("chart drawn");
                  }
                }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-drawn"] });
                """);
            await visit.OpenAsync();
            await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Sign in" })).ToBeVisibleAsync();
            Assert.Equal(["GET /api/dashboard/", "GET /api/dashboard/dashboard.css", "GET /api/dashboard/dashboard.js", "GET /api/dashboard/sign-in"], Asked(visit, host));
            var sizes = await SizesAsync(visit);
            visit.Requests.Clear();

            await visit.SignInAsync();
            await page.WaitForFunctionAsync("performance.getEntriesByName('chart drawn').length");
            await Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync("Warnings: ");

            const string Figures = "GET /api/health/summary", Warnings = "GET /api/site";
            Assert.Equal([Figures, Warnings], Asked(visit, host).Where(asked => !asked.Contains("/dashboard/", StringComparison.Ordinal)));
            Assert.Equal(["openid-configuration", "authorize", "authorize", "token"], visit.Requests
                .Where(r => !r.Url.StartsWith(host.BaseAddress.AbsoluteUri, StringComparison.Ordinal)).Select(r => new Uri(r.Url).Segments[^1]));
            var times = await page.EvaluateAsync<double[]>("""
                [performance.getEntriesByType("resource").find(r => r.name.includes("/api/health/summary")).responseEnd,
                 performance.getEntriesByName("chart drawn")[0].startTime,
                 performance.getEntriesByType("resource").find(r => r.name.endsWith("/api/site")).startTime]
                """);
            Assert.True(times[1] <= times[2], "The warnings were asked for before the chart was drawn.");

            var second = await SizesAsync(visit);
            Assert.InRange(sizes["dashboard.js"], 1, ScriptBytes);
            Assert.InRange(second["summary"], 1, FiguresBytes);
            Assert.Equal(0, second["dashboard.js"]); // it is still the one
            Assert.InRange(sizes.Values.Sum() + second.Values.Sum(), 1, AllBytes);
            TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"Chart drawn {times[1] - times[0]:0} ms after the answer. Bytes: {string.Join(", ", sizes.Concat(second).Select(s => $"{s.Key} {s.Value}"))}"));
            await visit.PictureAsync("overview");
            await visit.LookAsync("overview-100000");
        }, new BrowserNewContextOptions { ReducedMotion = ReducedMotion.Reduce });
    }

    /// <summary>Of the service, without the queries.</summary>
    private static IEnumerable<string> Asked(Visit visit, AtpHost host) =>
        from request in visit.Requests
        where request.Url.StartsWith(host.BaseAddress.AbsoluteUri, StringComparison.Ordinal)
        select $"{request.Method} {new Uri(request.Url).AbsolutePath}";

    /// <summary>Of the bodies as they were transferred, by the last part of the address.</summary>
    private static async Task<Dictionary<string, int>> SizesAsync(Visit visit)
    {
        var sizes = new Dictionary<string, int>();
        foreach (var request in visit.Requests.Where(r => !r.Url.StartsWith("data:", StringComparison.Ordinal)))
        {
            var name = new Uri(request.Url).Segments[^1];
            sizes[name] = sizes.GetValueOrDefault(name) + (await request.SizesAsync()).ResponseBodySize;
        }

        return sizes;
    }

    /// <summary>The reporting tables as a roll-up of so many devices leaves them.</summary>
    private static async Task RollUpAsLeftAsync(AtpHost host)
    {
        var (table, now) = (host.Get<HealthTable>(), host.Clock.GetUtcNow());
        for (var day = Days; day > 0; day--)
        {
            var onboarded = (int)(Devices * (0.97 - (0.6 * day * day / (Days * Days))));
            await table.PutLatestAsync([new(ScopeFigures.Site, ScopeFigures.Site, now.AddDays(-day), Figures(Devices, onboarded, day))], now.AddDays(-day), CancellationToken.None);
            await table.PutHistoryAsync(CancellationToken.None);
        }

        IEnumerable<ScopeFigures> Scopes(string kind, int amount, int devices, Func<int, (string Key, string Name)> name) => Enumerable.Range(0, amount).Select(i =>
            new ScopeFigures($"{kind}!{name(i).Key}", name(i).Name, now, Figures(devices / (i + 1), (int)(devices / (i + 1) * (0.97 - (0.05 * (i % 7)))), i)));
        string[] platforms = ["UpLevel", "DownLevel", "Unsupported"];
        string[] systems =
            ["Windows 11 24H2", "Windows 10 22H2", "Windows Server 2022", "Windows Server 2019", "Windows Server 2016", "Windows Server 2012 R2", "Windows 8.1", "Windows Server 2025", "Windows 11 23H2", "Windows 10 1809", "other"];
        await table.PutLatestAsync(
        [
            new(ScopeFigures.Site, ScopeFigures.Site, now, Figures(Devices, 96_842, 1)),
            .. Scopes(FigureScopes.Platform, platforms.Length, 80_000, i => (platforms[i], platforms[i])),
            .. Scopes(FigureScopes.OperatingSystem, systems.Length, 55_000, i => (systems[i], systems[i])),
            .. Scopes(FigureScopes.Collection, Collections, 100_000, i => ($"{Guid.CreateVersion7()}", $"Site {i + 1:000}: all workstations and servers")),
            .. Scopes(FigureScopes.Deployment, Deployments, 100_000, i => ($"{Guid.CreateVersion7()}", $"Policy {i + 1:000}")),
            .. Scopes(FigureScopes.Organisation, Organisations, 90_000, i => ($"{Guid.NewGuid()}", $"{Guid.NewGuid()}")),
        ], now, CancellationToken.None);
        await table.PutHistoryAsync(CancellationToken.None);
    }

    /// <summary>So many of them onboarded, the rest in all other states.</summary>
    private static HealthFigures Figures(int devices, int onboarded, int seed)
    {
        var (rest, idle) = (devices - onboarded, onboarded / (25 + (seed % 9)));
        return new HealthFigures(devices, devices - (rest / 10), onboarded - idle, idle / 3, idle - (idle / 3), rest / 3, rest / 3, rest / 20, rest / 50);
    }
}
