using Atp.Functions.Tests.Dashboard;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Browser))]

namespace Atp.Functions.Tests.Dashboard;

/// <summary>One browser for the whole run, started when a test first asks for it; each visit has a session, storage and cache of its own.</summary>
public sealed class Browser : IAsyncDisposable
{
    /// <summary>For what needs a moment on two busy cores; nothing waits for it but what goes wrong.</summary>
    public const float Patience = 30_000;

    private readonly Lazy<Task<IBrowser>> running;
    private IPlaywright? playwright;

    public Browser() => running = new Lazy<Task<IBrowser>>(StartAsync);

    /// <summary>Somebody opens the browser and does something in it. What the browser complains of meanwhile fails the test.</summary>
    public async Task VisitAsync(AtpHost host, Func<Visit, Task> actions, BrowserNewContextOptions? options = null)
    {
        options ??= new BrowserNewContextOptions();
        options.BaseURL = host.BaseAddress.AbsoluteUri;
        options.Locale = "en-US";
        options.TimezoneId = "UTC";
        var browser = await running.Value;
        await using var context = await browser.NewContextAsync(options);
        context.SetDefaultTimeout(Patience);
        var visit = new Visit(await context.NewPageAsync(), host);
        await visit.ListenAsync();
        try
        {
            await actions(visit);
        }
        catch (Exception e)
        {
            var shot = await visit.ScreenshotAsync($"failed-{TestContext.Current.TestMethod?.MethodName}-{Guid.NewGuid():N}");
            throw new InvalidOperationException($"{e.Message}\nAs it looked: {shot}\n{string.Join('\n', visit.Complaints)}", e);
        }

        Assert.Empty(visit.Complaints);
    }

    public async ValueTask DisposeAsync()
    {
        if (running.IsValueCreated && running.Value.IsCompletedSuccessfully)
        {
            await (await running.Value).CloseAsync();
        }

        playwright?.Dispose();
    }

    private async Task<IBrowser> StartAsync()
    {
        Assertions.SetDefaultExpectTimeout(Patience);
        playwright = await Playwright.CreateAsync();
        var executable = await Chromium.OfThisMachine(playwright.Chromium.ExecutablePath).FindOrInstallAsync();
        try
        {
            return await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
            {
                ExecutablePath = executable,
                // root, as in containers, has none; and it shows what we made, and nothing else
                ChromiumSandbox = false,
                Args = ["--disable-background-networking", "--disable-component-update", "--disable-gpu"],
            });
        }
        catch (PlaywrightException e)
        {
            throw new InvalidOperationException(
                $"{executable} does not start ({e.Message.Split('\n')[0]}). Repair it, or name another one's executable in ATP_CHROMIUM.", e);
        }
    }
}
