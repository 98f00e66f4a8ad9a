using System.Collections.Concurrent;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Atp.Functions.Tests.Dashboard;

/// <summary>Somebody in front of the dashboard.</summary>
public sealed class Visit(IPage page, AtpHost host)
{
    public const string Administrator = "Local administrator", Analyst = "Local analyst", Reader = "Local reader", Nobody = "Local nobody";

    private static readonly string Screenshots = Path.Combine(RootFolder(), "TestResults", "screenshots");
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

    /// <summary>Kept as test output.</summary>
    /// <returns>Where it is.</returns>
    public async Task<string> ScreenshotAsync(string name, bool fullPage = true)
    {
        var path = Path.Combine(Screenshots, $"{name}.png");
        await page.ScreenshotAsync(new() { Path = path, FullPage = fullPage });
        return path;
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
