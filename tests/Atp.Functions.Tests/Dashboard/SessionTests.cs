using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Atp.Functions.Tests.Dashboard;

/// <summary>People sign in with a browser, lose their session or the service, and go on.</summary>
public sealed class SessionTests(TestStack stack, Browser browser)
{
    private static readonly TimeSpan PastTheToken = TimeSpan.FromMinutes(61);

    [Fact]
    public async Task Somebody_signs_in_comes_back_to_the_view_of_the_address_and_signs_out()
    {
        await using var host = await AtpHost.StartAsync(stack);
        await browser.VisitAsync(host, async visit =>
        {
            var page = visit.Page;
            await visit.OpenAsync("devices?health=Healthy");
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Microsoft Defender ATP");

            await visit.SignInAsync();

            Assert.Equal(new Uri(host.BaseAddress, "/api/dashboard/#/devices?health=Healthy").AbsoluteUri, page.Url); // and no code in it
            await page.ReloadAsync();
            await Expect(page.GetByRole(AriaRole.Banner)).ToContainTextAsync(Visit.Administrator);

            await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Sign in" })).ToBeVisibleAsync();
            Assert.Equal("{}", await page.EvaluateAsync<string>("JSON.stringify(Object.fromEntries(Object.entries(sessionStorage).filter(([name]) => /token|account/.test(name) && !/keys/.test(name))))"));
        });
    }

    [Fact]
    public async Task A_wrong_password_is_said_and_the_next_try_goes_on()
    {
        await using var host = await AtpHost.StartAsync(stack);
        await browser.VisitAsync(host, async visit =>
        {
            await visit.OpenAsync();
            await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();

            await visit.SendPasswordAsync(Visit.Reader, "guess");

            await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("That is not the password.");
            await visit.SendPasswordAsync(Visit.Reader, stack.Stack.SignInPassword);
            await Expect(visit.Page.GetByRole(AriaRole.Banner)).ToContainTextAsync(Visit.Reader);
        });
    }

    [Fact]
    public async Task Where_nobody_can_sign_in_the_page_says_what_is_missing()
    {
        await using var host = await AtpHost.StartAsync(stack, new AtpHostOptions { Settings = { ["Atp:Entra:DashboardClientId"] = "" } });
        await browser.VisitAsync(host, async visit =>
        {
            await visit.OpenAsync();

            await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("set Atp:Entra:DashboardClientId");
        });
    }

    [Fact]
    public async Task An_ended_session_keeps_what_is_on_the_page_and_signing_in_again_leads_back_to_it()
    {
        await using var host = await AtpHost.StartAsync(stack);
        await host.RollUpAsync();
        await browser.VisitAsync(host, async visit =>
        {
            visit.Allow("400"); // the issuer's word on the refresh token
            var page = visit.Page;
            await page.Clock.InstallAsync();
            await visit.OpenSignedInAsync();
            await Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync("no data");
            var address = page.Url;

            stack.Stack.Tokens.EndSessions();
            await page.Clock.FastForwardAsync((long)PastTheToken.TotalMilliseconds);

            await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Your session has ended.");
            await Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync("no data");
            await visit.SignInAsync();
            Assert.Equal(address, page.Url);
            await Expect(page.GetByText("Your session has ended")).ToHaveCountAsync(0);
            await Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync("no data");
        });
    }

    [Fact]
    public async Task A_session_goes_on_past_the_life_of_its_token_without_a_word()
    {
        await using var host = await AtpHost.StartAsync(stack);
        await browser.VisitAsync(host, async visit =>
        {
            var page = visit.Page;
            await page.Clock.InstallAsync();
            await visit.OpenSignedInAsync();
            await Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync("There are no figures yet");
            var refreshed = page.WaitForResponseAsync(answer => answer.Url.StartsWith(stack.Stack.Tokens.TokenEndpoint.AbsoluteUri, StringComparison.Ordinal));
            var asked = page.WaitForResponseAsync(answer => answer.Url.Contains("/api/health/summary", StringComparison.Ordinal));

            await page.Clock.FastForwardAsync((long)PastTheToken.TotalMilliseconds);

            Assert.Equal(200, (await refreshed).Status);
            Assert.Equal(200, (await asked).Status);
            await Expect(page.GetByText("Your session has ended")).ToHaveCountAsync(0);
        });
    }

    [Fact]
    public async Task The_service_goes_away_and_comes_back_and_the_page_says_so_and_goes_on_by_itself()
    {
        var host = await AtpHost.StartAsync(stack);
        await host.RollUpAsync();
        await browser.VisitAsync(host, async visit =>
        {
            visit.Allow("net::ERR_CONNECTION_REFUSED", "net::ERR_CONNECTION_RESET", "net::ERR_EMPTY_RESPONSE");
            var page = visit.Page;
            await page.Clock.InstallAsync();
            await visit.OpenSignedInAsync();
            var main = page.GetByRole(AriaRole.Main);
            await Expect(main).ToContainTextAsync("no data");

            await host.StopAsync();
            await page.Clock.FastForwardAsync(60_000);
            await Expect(main).ToContainTextAsync("The service does not answer");
            await Expect(main).ToContainTextAsync("no data");

            await using var back = await AtpHost.StartAsync(stack, new AtpHostOptions { Account = host.Account, Clock = host.Clock, Port = host.BaseAddress.Port });
            await Expect(page.GetByRole(AriaRole.Status).GetByText("The service answers again.")).ToHaveCountAsync(1);
            await Expect(main).Not.ToContainTextAsync("The service does not answer");
            await Expect(main).ToContainTextAsync("no data");
        });
    }
}
