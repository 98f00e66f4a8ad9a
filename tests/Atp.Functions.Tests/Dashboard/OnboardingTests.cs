using System.Text;
using System.Text.RegularExpressions;
using Atp.Local.SamplePackages;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Atp.Functions.Tests.Dashboard;

/// <summary>An administrator does the main job in the browser alone, while devices come in.</summary>
public sealed class OnboardingTests(TestStack stack, Browser browser)
{
    [Fact]
    public async Task A_policy_is_created_previewed_and_deployed_and_devices_arrive_while_somebody_watches()
    {
        await using var host = await AtpHost.StartAsync(stack, Devices.Fleet.Shards(3));
        await host.ImportAsync([TestSite.Line("up-1"), TestSite.Line("up-2"), TestSite.Line("down-1", build: 9600, productType: 3), TestSite.Line("old-1", build: 7601)]);
        await host.CreateCollectionAsync("Everybody", new { tag = "all" });
        await browser.VisitAsync(host, async visit =>
        {
            var page = visit.Page;
            await page.Clock.InstallAsync();
            await visit.OpenSignedInAsync();
            await page.GetByRole(AriaRole.Link, new() { Name = "Policies", Exact = true }).ClickAsync();
            await page.GetByRole(AriaRole.Link, new() { Name = "Create a policy" }).ClickAsync();
            await FillAsync(page, stack.Authority.CreateOnboarding(TestSite.OrgId).ToZip(), TestSite.WorkspaceId, TestSite.WorkspaceKey);
            await page.GetByRole(AriaRole.Button, new() { Name = "Create policy" }).ClickAsync();
            await Expect(page.GetByText("The policy was created.")).ToBeVisibleAsync();

            await page.GetByRole(AriaRole.Link, new() { Name = "Deploy this policy" }).ClickAsync();
            await page.GetByRole(AriaRole.Checkbox, new() { Name = "Everybody" }).CheckAsync();
            await page.Clock.FastForwardAsync(1_000); // it waits a little for more of the choice
            await Expect(Row(page, "Would succeed")).ToContainTextAsync("3");
            await Expect(Row(page, "Requirements not met")).ToContainTextAsync("1");
            await page.GetByRole(AriaRole.Button, new() { Name = "Deploy" }).ClickAsync();

            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Deployment of Workstations");
            await host.ActiveAsync(new Uri(page.Url).Fragment.Split("id=")[1]);
            await page.Clock.FastForwardAsync(15_000);
            await Expect(page.GetByText("4 devices placed").First).ToBeVisibleAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Count now" }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Unknown 3" })).ToBeVisibleAsync();

            await page.EvaluateAsync("window.isTheSamePage = true");
            await ArriveAsync(host, "up-1");
            await host.RollUpAsync();
            await page.Clock.FastForwardAsync(15_000);
            await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Success 1" })).ToBeVisibleAsync();

            await page.GetByRole(AriaRole.Link, new() { Name = "Overview" }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = new("^Onboarding status: 100.0 %; 1 of 1 eligible") })).ToBeVisibleAsync();
            foreach (var (device, healthy) in new[] { ("up-2", 2), ("down-1", 3) })
            {
                await ArriveAsync(host, device);
                await host.RollUpAsync();
                await page.Clock.FastForwardAsync(30_000);
                await Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = new($"^Onboarding status: 100.0 %; {healthy} of {healthy} eligible") })).ToBeVisibleAsync();
            }

            await page.GetByRole(AriaRole.Link, new() { Name = "3 healthy", Exact = true }).ClickAsync();
            await Expect(page.GetByText("3 devices, which are all.")).ToBeVisibleAsync();
            await page.GetByRole(AriaRole.Link, new() { Name = "DOWN-1" }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("DOWN-1");
            await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Why it is where it is" })).ToContainTextAsync("Healthy");
            await Expect(page.GetByText("It gets the workspace, and the Microsoft Monitoring Agent when it is missing.")).ToBeVisibleAsync();
            Assert.True(await page.EvaluateAsync<bool>("window.isTheSamePage"));
        });
    }

    [Fact]
    public async Task What_is_wrong_with_a_policy_stands_at_its_field_and_what_was_entered_stays()
    {
        await using var host = await AtpHost.StartAsync(stack);
        await browser.VisitAsync(host, async visit =>
        {
            visit.Allow("400");
            var page = visit.Page;
            await visit.OpenSignedInAsync("new-policy");
            var create = page.GetByRole(AriaRole.Button, new() { Name = "Create policy" });
            await create.ClickAsync();
            await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("mend the marked fields");
            await Expect(page.GetByLabel("Name")).ToBeFocusedAsync();
            await Expect(page.GetByLabel("Name")).ToHaveAttributeAsync("aria-invalid", "true");
            await Expect(page.GetByLabel("Name")).ToHaveAccessibleDescriptionAsync(new Regex("."));

            var offboarding = stack.Authority.CreateOffboarding(TestSite.OrgId, host.Clock.GetUtcNow().AddDays(20)).ToZip();
            await FillAsync(page, offboarding, TestSite.WorkspaceKey, TestSite.WorkspaceId); // the wrong way round, and the wrong file
            await create.ClickAsync();
            await Expect(page.GetByLabel("Workspace key")).ToHaveAttributeAsync("aria-invalid", "true");
            await Expect(page.GetByLabel("Workspace key")).ToHaveAccessibleDescriptionAsync(new Regex("probably swapped"));
            await Expect(page.GetByLabel("Name")).Not.ToHaveAttributeAsync("aria-invalid", "true");
            await Expect(page.GetByLabel("Name")).ToHaveValueAsync("Workstations");
            await Expect(page.GetByText(offboarding.FileName)).ToBeVisibleAsync();
            await visit.LookAsync("new-policy-refused");

            await DropAsync(page, "WindowsDefenderATPLocalOnboardingScript.cmd", "@echo off"u8.ToArray());
            await Expect(page.GetByText("is a script, for another deployment method")).ToBeVisibleAsync();
            await page.GetByLabel("Workspace ID").FillAsync(TestSite.WorkspaceId);
            await page.GetByLabel("Workspace key").FillAsync(TestSite.WorkspaceKey);
            var file = stack.Authority.CreateOnboarding(TestSite.OrgId).ToZip();
            await DropAsync(page, file.FileName, file.Content);
            await create.ClickAsync();
            await Expect(page.GetByText("The policy was created.")).ToBeVisibleAsync();
        }, new BrowserNewContextOptions { ReducedMotion = ReducedMotion.Reduce });
    }

    [Fact]
    public async Task The_Workspace_key_is_masked_and_is_nowhere_but_in_its_field_and_in_the_form_that_is_sent()
    {
        await using var host = await AtpHost.StartAsync(stack);
        await browser.VisitAsync(host, async visit =>
        {
            var page = visit.Page;
            await visit.OpenSignedInAsync("new-policy");
            var key = page.GetByLabel("Workspace key");
            await FillAsync(page, stack.Authority.CreateOnboarding(TestSite.OrgId).ToZip(), TestSite.WorkspaceId, TestSite.WorkspaceKey);
            await Expect(key).ToHaveAttributeAsync("type", "password");
            await Expect(key).ToHaveAttributeAsync("autocomplete", "off");
            await page.GetByRole(AriaRole.Button, new() { Name = "Hold to show the key" }).HoverAsync();
            await page.Mouse.DownAsync();
            await Expect(key).ToHaveAttributeAsync("type", "text");
            await page.Mouse.UpAsync();
            await Expect(key).ToHaveAttributeAsync("type", "password");
            await NowhereAsync(page);

            await page.GetByRole(AriaRole.Button, new() { Name = "Create policy" }).ClickAsync();
            await Expect(page.GetByText("The policy was created.")).ToBeVisibleAsync();
            await NowhereAsync(page);
            Assert.Equal(0, await page.Locator("input, textarea").CountAsync());
            await page.GoBackAsync();
            await Expect(page.GetByLabel("Workspace key")).ToHaveValueAsync("");

            foreach (var request in visit.Requests)
            {
                var isTheForm = request.Method == "POST" && request.Url.EndsWith("/api/policies", StringComparison.Ordinal);
                var sent = $"{request.Url} {string.Join(' ', (await request.AllHeadersAsync()).Values)} {Encoding.Latin1.GetString(isTheForm ? [] : request.PostDataBuffer ?? [])}";
                Assert.DoesNotContain(TestSite.WorkspaceKey, Uri.UnescapeDataString(sent), StringComparison.Ordinal);
            }

            Assert.Single(visit.Requests, request => request.Method == "POST" && request.Url.EndsWith("/api/policies", StringComparison.Ordinal));
        });
    }

    /// <summary>Neither in the page's text and attributes, nor in what the browser keeps, nor in its history.</summary>
    private static async Task NowhereAsync(IPage page)
    {
        var kept = await page.EvaluateAsync<string>("""
            [document.documentElement.outerHTML, JSON.stringify(sessionStorage), JSON.stringify(localStorage), document.cookie, JSON.stringify(history.state), location.href].join(" ")
            """);
        Assert.DoesNotContain(TestSite.WorkspaceKey, kept, StringComparison.Ordinal);
        Assert.DoesNotContain(Uri.EscapeDataString(TestSite.WorkspaceKey), kept, StringComparison.Ordinal);
        Assert.Empty(await page.Context.CookiesAsync());
        Assert.Equal(0, await page.EvaluateAsync<int>("indexedDB.databases().then(all => all.length)"));
    }

    private static async Task FillAsync(IPage page, SampleFile file, string workspaceId, string workspaceKey)
    {
        await page.GetByLabel("Name").FillAsync("Workstations");
        await page.GetByRole(AriaRole.Radio, new() { Name = "Onboarding", Exact = true }).CheckAsync();
        await DropAsync(page, file.FileName, file.Content);
        await Expect(page.GetByText(file.FileName)).ToBeVisibleAsync();
        await page.GetByLabel("Workspace ID").FillAsync(workspaceId);
        await page.GetByLabel("Workspace key").FillAsync(workspaceKey);
    }

    /// <summary>As from the desktop.</summary>
    private static async Task DropAsync(IPage page, string fileName, byte[] content)
    {
        await using var transfer = await page.EvaluateHandleAsync("""
            ({ name, base64 }) => {
              const transfer = new DataTransfer();
              transfer.items.add(new File([Uint8Array.from(atob(base64), c => c.charCodeAt(0))], name));
              return transfer;
            }
            """, new { name = fileName, base64 = Convert.ToBase64String(content) });
        foreach (var happening in new[] { "dragenter", "dragover", "drop" })
        {
            await page.Locator(".drop").DispatchEventAsync(happening, new { dataTransfer = transfer });
        }
    }

    private static async Task ArriveAsync(AtpHost host, string deviceId)
    {
        var device = await host.EnrollAsync(deviceId);
        await device.ObeyAsync();
        await device.IngestedAsync();
    }

    private static ILocator Row(IPage page, string outcome) =>
        page.GetByRole(AriaRole.Table, new() { Name = "What would become of the devices" }).GetByRole(AriaRole.Row).Filter(new() { HasText = outcome });
}
