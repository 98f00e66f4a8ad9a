using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Atp.Functions.Tests.Dashboard;

/// <summary>Every view and state, looked at in light and in dark and on every width, by the rules of WCAG 2.2 AA.</summary>
public sealed class AccessibilityTests(LookedAtSite site, Browser browser) : IClassFixture<LookedAtSite>
{
    private static BrowserNewContextOptions Calm => new() { ReducedMotion = ReducedMotion.Reduce };

    [Theory]
    [MemberData(nameof(LookedAtSite.Views), MemberType = typeof(LookedAtSite))]
    public Task A_view_is_accessible_in_light_and_in_dark_and_fits_every_width(string view) => browser.VisitAsync(site.Host, async visit =>
    {
        await visit.OpenSignedInAsync(site.AddressOf(view));
        await Expect(visit.Page.GetByRole(AriaRole.Main)).ToContainTextAsync(site.WordsOf(view));

        await visit.LookAsync(view);
        if (view == "device")
        {
            await visit.PictureAsync(view);
        }
    }, Calm);

    [Theory]
    [InlineData("signed-out", null, "", "Sign in")]
    [InlineData("forbidden", Visit.Nobody, "", "You may not see this")]
    [InlineData("not-there", Visit.Administrator, "device?id=nobody", "That did not work")]
    [InlineData("nothing-found", Visit.Administrator, "devices?name=nobody", "No device is like this now.")]
    public Task A_state_without_content_is_as_accessible(string state, string? person, string address, string words) => browser.VisitAsync(site.Host, async visit =>
    {
        visit.Allow("403", "404");
        await visit.OpenAsync(address);
        if (person is not null)
        {
            await visit.SignInAsync(person);
        }

        await Expect(visit.Page.GetByRole(AriaRole.Main)).ToContainTextAsync(words);

        await visit.LookAsync(state);
    }, Calm);

    [Fact]
    public Task The_page_to_sign_in_at_this_machine_is_accessible() => browser.VisitAsync(site.Host, async visit =>
    {
        await visit.OpenAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Expect(visit.Page.GetByLabel("Password")).ToBeFocusedAsync();

        await visit.LookAsync("sign-in");
    }, Calm);
}
