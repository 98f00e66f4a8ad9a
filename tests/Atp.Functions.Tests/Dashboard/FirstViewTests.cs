using System.Globalization;
using System.Text.RegularExpressions;
using Atp.Core.Health;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Atp.Functions.Tests.Dashboard;

/// <summary>What the page's first view costs on 100,000 devices: counted in requests and bytes, so that it holds on any machine.</summary>
public sealed class FirstViewTests(TestStack stack, Browser browser)
{
    private const int Devices = 100_000, Collections = 500, Deployments = 500, Organisations = 100, Days = 90;
    private const int ScriptBytes = 300_000, FiguresBytes = 300_000, AllBytes = 600_000;

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
            await visit.UntilAsync("performance.getEntriesByName('chart drawn').length > 0");
            await Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync(new Regex(@"Warnings: (\d|none)"));

            const string Figures = "GET /api/health/summary", Warnings = "GET /api/site";
            Assert.Equal([Figures, Warnings], Asked(visit, host).Where(asked => !asked.Contains("/dashboard/", StringComparison.Ordinal)));
            Assert.Equal(["openid-configuration", "authorize", "authorize", "openid-configuration", "token"], visit.Requests
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
            await table.PutLatestAsync(
                [Scope("site", "site", now.AddDays(-day), Devices, 0.88 - (0.5 * day * day / (Days * Days)))], now.AddDays(-day), CancellationToken.None);
            await table.PutHistoryAsync(CancellationToken.None);
        }

        await table.PutLatestAsync([.. Newest(now)], now, CancellationToken.None);
        await table.PutHistoryAsync(CancellationToken.None);
    }

    private static IEnumerable<ScopeFigures> Newest(DateTimeOffset now)
    {
        yield return Scope("site", "site", now, Devices, 0.88);
        yield return Scope("platform!UpLevel", "UpLevel", now, 83_000, 0.91);
        yield return Scope("platform!DownLevel", "DownLevel", now, 16_000, 0.76);
        yield return new ScopeFigures("platform!Unsupported", "Unsupported", now, HealthFigures.None with { Devices = 1_000, Targeted = 1_000 });
        (string Name, int Devices)[] systems =
        [
            ("Windows 11 24H2", 41_000), ("Windows 10 22H2", 24_500), ("Windows 11 23H2", 9_000), ("Windows Server 2016", 9_400), ("Windows Server 2019", 4_700),
            ("Windows Server 2022", 3_800), ("Windows Server 2012 R2", 3_600), ("Windows 8.1", 3_000), ("Windows 7 SP1", 600), ("other", 400),
        ];
        foreach (var (name, devices) in systems)
        {
            yield return Scope($"os!{name}", name, now, devices, 0.93 - (name.Length % 5 * 0.04));
        }

        foreach (var (kind, amount, name) in new[] { ("collection", Collections, "Branch"), ("deployment", Deployments, "Policy"), ("organisation", Organisations, "") })
        {
            for (var i = 0; i < amount; i++)
            {
                var key = $"{Guid.CreateVersion7()}";
                yield return Scope($"{kind}!{key}", name.Length == 0 ? key : $"{name} {i + 1:000}", now, Devices / (i + 2), 0.95 - (i % 7 * 0.04));
            }
        }
    }

    /// <summary>So large a part of the devices onboarded, the others in all other states.</summary>
    private static ScopeFigures Scope(string scope, string name, DateTimeOffset asOf, int devices, double onboarded)
    {
        int Of(double part) => (int)(devices * part);
        var rest = 0.99 - onboarded;
        return new ScopeFigures(scope, name, asOf, new HealthFigures(
            devices, Of(0.99), Of(onboarded * 0.93), Of(onboarded * 0.02), Of(onboarded * 0.05), Of(rest * 0.6), Of(rest * 0.3), Of(rest * 0.1), Of(rest * 0.05)));
    }
}
