using System.Net;
using System.Net.Http.Json;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Seed;

/// <summary>Section "Create an offboarding configuration file": every device of the collection is offboarded, while the file lasts.</summary>
public sealed class OffboardTests(TestStack stack)
{
    [Fact]
    public async Task All_devices_of_the_collection_are_offboarded_and_the_Monitoring_Agent_is_removed_from_down_level_ones()
    {
        await using var host = await AtpHost.StartAsync(stack, SeedSteps.Version("2002"));
        var onboarding = await host.CreatePolicyAsync();
        var onboardingId = await host.DeployToAsync(onboarding, Windows.TenNewest, Windows.Server2016);
        var up = await host.EnrollAsync(Windows.TenNewest.DeviceId);
        var down = await host.EnrollAsync(Windows.Server2016.DeviceId);
        await up.ObeyAsync();
        await down.ObeyAsync();
        await up.IngestedAsync();
        Assert.Equal(2, (int)(await host.RollUpAsync())["site"]!["onboarded"]!);
        await (await host.Admin.PostAsJsonAsync($"/api/deployments/{onboardingId}/end", new { reason = "The fleet is retired." })).JsonAsync();

        host.Clock.Advance(TimeSpan.FromMinutes(1));
        var offboarding = await host.CreateOffboardingPolicyAsync(host.Clock.GetUtcNow().AddDays(30));
        Assert.Equal(30, (int)offboarding["daysLeft"]!);
        var collection = (string)(await host.GetJsonAsync("/api/collections"))["value"]![0]!["id"]!;
        await host.ActiveAsync(await host.DeployAsync((string)offboarding["id"]!, collection));

        var toUp = (await up.CheckInAsync())["instructions"]!;
        Assert.Equal(("Offboard", "None"), ((string?)toUp["action"], (string?)toUp["monitoringAgent"]));
        Assert.Equal(HttpStatusCode.OK, (await up.GetAsync((string)toUp["configuration"]!["url"]!)).StatusCode);
        var toDown = (await down.CheckInAsync())["instructions"]!;
        Assert.Equal(("Offboard", "Remove"), ((string?)toDown["action"], (string?)toDown["monitoringAgent"]));
        Assert.Null(toDown["configuration"]);

        var site = (await host.RollUpAsync())["site"]!;
        Assert.Equal((0, 2), ((int)site["eligible"]!, (int)site["offboarding"]!));
    }

    [Fact]
    public async Task The_files_own_date_counts_and_after_it_nothing_is_offboarded_any_more()
    {
        await using var host = await AtpHost.StartAsync(stack);
        var policy = await host.CreateOffboardingPolicyAsync(host.Clock.GetUtcNow().AddDays(7).AddHours(1));
        Assert.Equal(7, (int)policy["daysLeft"]!); // not the 30 days of the documentation
        await host.DeployToAsync(policy, Windows.TenNewest);
        var device = await host.EnrollAsync(Windows.TenNewest.DeviceId);
        Assert.Equal("Offboard", (string?)(await device.CheckInAsync())["instructions"]!["action"]);

        host.Clock.Advance(TimeSpan.FromDays(8));

        var instructions = (await device.CheckInAsync())["instructions"]!;
        Assert.Equal("None", (string?)instructions["action"]);
        Assert.Contains("expired", (string?)instructions["reason"], StringComparison.Ordinal);
        using var form = TestSite.PolicyForm(
            stack.Authority.CreateOffboarding(TestSite.OrgId, host.Clock.GetUtcNow().AddDays(-1)), "Too late", "Offboarding", workspaceId: null);
        await (await host.Admin.PostAsync("/api/policies", form)).ProblemAsync(HttpStatusCode.BadRequest, "configuration-file.expired", "configurationFile");
    }

    [Fact]
    public async Task Onboarding_and_offboarding_on_one_device_are_decided_by_the_order_and_both_are_shown()
    {
        await using var host = await AtpHost.StartAsync(stack);
        var onboarding = await host.CreatePolicyAsync();
        await host.DeployToAsync(onboarding, Windows.TenNewest);
        var offboarding = await host.CreateOffboardingPolicyAsync(host.Clock.GetUtcNow().AddDays(30));
        var collection = (string)(await host.GetJsonAsync("/api/collections"))["value"]![0]!["id"]!;
        await host.ActiveAsync(await host.DeployAsync((string)offboarding["id"]!, collection));

        Assert.Equal("Onboard", (string?)(await host.InstructionsAsync(Windows.TenNewest))!["action"]);
        var targets = (await host.GetJsonAsync($"/api/devices/{Windows.TenNewest.DeviceId}"))["targets"]!.AsArray();
        Assert.Equal([("Onboard", "InProgress"), ("Offboard", "Superseded")],
            targets.Select(target => ((string)target!["policyName"]!, (string)target["status"]!)));
    }
}
