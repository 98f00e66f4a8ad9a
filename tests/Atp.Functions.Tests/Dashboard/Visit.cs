using System.Collections.Concurrent;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Atp.Functions.Tests.Dashboard;

/// <summary>Somebody in front of the dashboard.</summary>
public sealed class Visit(IPage page, AtpHost host)
{
    public const string Administrator = "Local administrator", Analyst = "Local analyst", Reader = "Local reader", Nobody = "Local nobody";

    private static readonly string Screenshots = Path.Combine(RootFolder(), "TestResults", "screenshots");
    private static readonly AxeRunOptions Rules = new()
    {
        RunOnly = new RunOnlyOptions { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] },
        Rules = new Dictionary<string, RuleOptions> { ["target-size"] = new() { Enabled = true } },
    };

    private readonly HashSet<string> allowed = ["net::ERR_ABORTED"]; // a view that is left drops what it asked for

    public IPage Page => page;

    /// <summary>In order; navigations, scripts, calls, all of them.</summary>
    public ConcurrentQueue<IRequest> Requests { get; } = new();

    /// <summary>What the browser said was wrong.</summary>
    public ConcurrentQueue<string> Complaints { get; } = new();

    private string Issuer => new Uri(host.Stack.Stack.Tokens.Issuer).GetLeftPart(UriPartial.Authority);

    /// <summary>What the test itself provokes: a status, or a network error of Chromium.</summary>
    public void Allow(params string[] failures) => allowed.UnionWith(failures);

    /// <summary>The view of an address; its content comes later.</summary>
    public Task OpenAsync(string view = "") => page.GotoAsync($"/api/dashboard/#/{view}");

    /// <summary>From the page's button, over the issuer's page, back to where it was.</summary>
    public async Task SignInAsync(string person = Administrator)
    {
        await page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Sign in") }).ClickAsync();
        await SendPasswordAsync(person, host.Stack.Stack.SignInPassword);
        await Expect(page.GetByRole(AriaRole.Banner)).ToContainTextAsync(person);
    }

    /// <summary>On the issuer's page.</summary>
    public async Task SendPasswordAsync(string person, string password)
    {
        await page.GetByRole(AriaRole.Radio, new() { Name = person }).CheckAsync();
        await page.GetByLabel("Password").FillAsync(password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }

    public async Task OpenSignedInAsync(string view = "", string person = Administrator)
    {
        await OpenAsync(view);
        await SignInAsync(person);
    }

    /// <summary>Until an expression is true in the page, whose policy forbids to have it evaluated there again and again.</summary>
    public Task UntilAsync(string expression) => Eventually.TrueAsync(() => page.EvaluateAsync<bool>(expression), TimeSpan.FromMilliseconds(Browser.Patience));

    /// <summary>Presses Tab until something has the focus, as somebody without a mouse does.</summary>
    public async Task TabToAsync(ILocator target)
    {
        const int Most = 100;
        await Expect(target).ToBeVisibleAsync();
        for (var pressed = 0; pressed < Most; pressed++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (await target.EvaluateAsync<bool>("element => element === document.activeElement"))
            {
                return;
            }
        }

        Assert.Fail($"{target} is not reached by {Most} times Tab.");
    }

    /// <summary>In light and in dark, at 360, 1,280 and 3,840 pixels: nothing of WCAG 2.2 AA is amiss as far as axe can tell, and nothing is cut off.</summary>
    public async Task LookAsync(string name)
    {
        foreach (var (scheme, suffix) in new[] { (ColorScheme.Light, "light"), (ColorScheme.Dark, "dark") })
        {
            await page.EmulateMediaAsync(new() { ColorScheme = scheme });
            var found = await page.RunAxe(Rules);
            Assert.Empty(found.Violations.SelectMany(violation => violation.Nodes.Select(node => $"{name}, {suffix}: {violation.Id}, {violation.Help}: {node.Html}")));
            Assert.NotEmpty(found.Passes);
            await ScreenshotAsync($"{name}-{suffix}");
        }

        foreach (var width in new[] { 3840, 360 })
        {
            await page.SetViewportSizeAsync(width, width == 360 ? 740 : 2160);
            // Charts follow their place a moment later.
            await Eventually.GetAsync(
                () => page.EvaluateAsync<int>("document.documentElement.scrollWidth"), needed => needed <= width, TimeSpan.FromMilliseconds(Browser.Patience));
        }

        await ScreenshotAsync($"{name}-360");
    }

    /// <summary>Kept as test output.</summary>
    /// <returns>Where it is.</returns>
    public async Task<string> ScreenshotAsync(string name, bool fullPage = true)
    {
        var path = Path.Combine(Screenshots, $"{name}.png");
        await page.ScreenshotAsync(new() { Path = path, FullPage = fullPage });
        return path;
    }

    /// <summary>As the README shows it: kept with the other screenshots, or in the folder that <c>ATP_KEEP_SCREENSHOTS</c> names, from the root.</summary>
    public async Task PictureAsync(string name)
    {
        var folder = Environment.GetEnvironmentVariable("ATP_KEEP_SCREENSHOTS");
        var path = Path.Combine(string.IsNullOrEmpty(folder) ? Screenshots : Path.Combine(RootFolder(), folder), $"{name}.png");
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        await page.SetViewportSizeAsync(1280, 1120);
        await page.ScreenshotAsync(new() { Path = path });
    }

    internal async Task ListenAsync()
    {
        page.Console += (_, message) =>
        {
            // Answers and network errors are looked at below.
            if (message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource:", StringComparison.Ordinal))
            {
                Complaints.Enqueue($"console {message.Type}: {message.Text}");
            }
        };
        page.PageError += (_, error) => Complaints.Enqueue($"uncaught: {error}");
        page.Request += (_, request) =>
        {
            Requests.Enqueue(request);
            if (!request.Url.StartsWith(host.BaseAddress.AbsoluteUri, StringComparison.Ordinal) && !request.Url.StartsWith($"{Issuer}/", StringComparison.Ordinal)
                && !request.Url.StartsWith("data:", StringComparison.Ordinal))
            {
                Complaints.Enqueue($"another host: {request.Url}");
            }
        };
        page.RequestFailed += (_, request) => Complain(request.Failure ?? "", request);
        page.Response += (_, response) =>
        {
            if (response.Status >= 400)
            {
                Complain($"{response.Status}", response.Request);
            }
        };
        await page.AddInitScriptAsync("""
            addEventListener("securitypolicyviolation", event => console.error(`Content-Security-Policy: ${event.violatedDirective} forbids ${event.blockedURI || event.sourceFile}`));
            """);
    }

    private void Complain(string failure, IRequest request)
    {
        if (!allowed.Contains(failure))
        {
            Complaints.Enqueue($"{failure}: {request.Method} {request.Url}");
        }
    }

    private static string RootFolder([System.Runtime.CompilerServices.CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", ".."));
}
