using Atp.Core.Health;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Atp.Functions.Tests.Dashboard;

/// <summary>What people with other rights, without a mouse, or with a mind for less motion find in the views.</summary>
public sealed class ViewTests(LookedAtSite site, Browser browser) : IClassFixture<LookedAtSite>
{
    private static BrowserNewContextOptions Calm => new() { ReducedMotion = ReducedMotion.Reduce };

    [Theory]
    [InlineData(Visit.Administrator, "overview devices device policies deleted-policies policy new-policy deploy deployments deployment")]
    [InlineData(Visit.Reader, "overview devices device policies deleted-policies policy deploy deployments deployment")]
    [InlineData(Visit.Analyst, "overview deployments deployment")]
    [InlineData(Visit.Nobody, "new-policy")] // tokens don't say that somebody has no role: the service refuses what is sent
    public Task Each_role_sees_what_it_may_and_is_told_of_the_rest(string person, string views) => browser.VisitAsync(site.Host, async visit =>
    {
        visit.Allow("403");
        var main = visit.Page.GetByRole(AriaRole.Main);
        await visit.OpenSignedInAsync("", person);
        foreach (var view in LookedAtSite.Views.Select(row => row.Data))
        {
            await visit.OpenAsync(site.AddressOf(view));
            var isSeen = views.Split(' ').Contains(view) || (view == "devices-of-a-status" && views.Contains("devices", StringComparison.Ordinal));
            await Expect(main.GetByText(isSeen ? site.WordsOf(view) : view == "new-policy" ? "Creating a policy needs the role" : "You may not see this").First)
                .ToBeVisibleAsync();
        }
    }, Calm);

    [Fact]
    public Task Who_may_only_look_is_offered_no_change() => browser.VisitAsync(site.Host, async visit =>
    {
        visit.Allow("403");
        var page = visit.Page;
        await visit.OpenSignedInAsync(site.AddressOf("device"), Visit.Reader);
        await Expect(page.GetByText("Changing a device needs the role Devices.ReadWrite.")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Block" })).ToBeDisabledAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Retire" })).ToBeDisabledAsync();

        await visit.OpenAsync(site.AddressOf("policy"));
        await Expect(page.GetByText("Changing it needs the role Policies.ReadWrite.")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { NameRegex = new("^(Move|Delete)") })).ToHaveCountAsync(0);

        await visit.OpenAsync(site.AddressOf("deployment"));
        await Expect(page.GetByText("Ending it needs the role Deployments.ReadWrite.")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { NameRegex = new("^End") })).ToHaveCountAsync(0);

        await visit.OpenAsync(site.AddressOf("deploy"));
        await Expect(page.GetByText("Would succeed", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(page.GetByText("Deploying needs the role Deployments.ReadWrite.")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Deploy" })).ToBeDisabledAsync();
    });

    [Fact]
    public Task Everything_is_reached_by_the_keyboard_from_the_skip_link_to_why_a_device_is_where_it_is() => browser.VisitAsync(site.Host, async visit =>
    {
        var page = visit.Page;
        await visit.OpenSignedInAsync();
        await Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync(site.WordsOf("overview"));

        await page.Keyboard.PressAsync("Tab");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Skip to the content" })).ToBeFocusedAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Skip to the content" })).ToBeInViewportAsync();
        foreach (var label in new[] { "Overview", "Devices", "Deployments", "Policies" })
        {
            await page.Keyboard.PressAsync("Tab");
            await Expect(page.GetByRole(AriaRole.Navigation, new() { Name = "Views" }).GetByRole(AriaRole.Link, new() { Name = label })).ToBeFocusedAsync();
        }

        await page.Keyboard.PressAsync("Tab");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Sign out" })).ToBeFocusedAsync();
        for (var backwards = 0; backwards < 5; backwards++)
        {
            await page.Keyboard.PressAsync("Shift+Tab");
        }

        await page.Keyboard.PressAsync("Enter"); // the skip link
        await Expect(page.GetByRole(AriaRole.Main)).ToBeFocusedAsync();
        await visit.TabToAsync(page.GetByRole(AriaRole.Link, new() { Name = "1 agent state", Exact = true }));
        await page.Keyboard.PressAsync("Enter");

        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("#/devices\\?health=AgentState$"));
        await Expect(page.GetByRole(AriaRole.Main)).ToBeFocusedAsync(); // and so at the heading of the new view
        await visit.TabToAsync(page.GetByRole(AriaRole.Link, new() { Name = "UP-2" }));
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("UP-2");

        await visit.TabToAsync(page.GetByRole(AriaRole.Button, new() { Name = "Block" }));
        await page.Keyboard.PressAsync("Space");
        await Expect(page.GetByRole(AriaRole.Dialog, new() { Name = "Block UP-2?" })).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Block" })).ToBeFocusedAsync();
    });

    [Theory]
    [InlineData(ReducedMotion.Reduce, true)]
    [InlineData(ReducedMotion.NoPreference, false)]
    public Task Charts_move_only_before_people_who_do_not_mind(ReducedMotion motion, bool isFinalAtOnce) => browser.VisitAsync(site.Host, async visit =>
    {
        await visit.Page.AddInitScriptAsync("""
            new MutationObserver(() => {
              const canvas = document.querySelector("atp-chart[data-drawn] canvas");
              if (canvas) { window.firstDrawing ??= canvas.toDataURL(); }
            }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-drawn"] });
            """);
        await visit.OpenSignedInAsync();
        await visit.UntilAsync("window.firstDrawing !== undefined");

        if (isFinalAtOnce)
        {
            Assert.Equal(0, await visit.Page.EvaluateAsync<int>("document.getAnimations().length"));
            Assert.True(await visit.Page.EvaluateAsync<bool>(
                "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(document.querySelector('atp-chart canvas').toDataURL() === window.firstDrawing))))"));
        }
        else
        {
            await visit.UntilAsync("document.querySelector('atp-chart canvas').toDataURL() !== window.firstDrawing");
        }
    }, new BrowserNewContextOptions { ReducedMotion = motion });

    [Fact]
    public Task Every_figure_of_the_overview_leads_to_as_many_devices() => browser.VisitAsync(site.Host, async visit =>
    {
        var page = visit.Page;
        await visit.OpenSignedInAsync();
        await Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync(site.WordsOf("overview"));
        var figures = await page.EvaluateAsync<string[]>("[...document.querySelectorAll('main a.count')].map(a => `${a.textContent} ${a.getAttribute('href')}`)");
        Assert.True(figures.Length > Enum.GetValues<Figure>().Length, string.Join('\n', figures));

        foreach (var (amount, address) in figures.Distinct().Select(f => (f.Split(' ')[0], f.Split(' ')[1])))
        {
            await visit.OpenAsync(address["#/".Length..]);
            await Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync($"{amount} device{(amount == "1" ? "" : "s")}, which are all");
        }
    });
}
