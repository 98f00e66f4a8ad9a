namespace Atp.Functions.Tests.Seed;

/// <summary>Section "Monitor": onboarding status as number and percentage of the eligible clients, and agent health.</summary>
public sealed class MonitorTests(TestStack stack)
{
    [Fact]
    public async Task Healthy_inactive_agent_state_and_not_onboarded_are_told_apart_and_the_onboarding_status_is_of_the_eligible_clients()
    {
        await using var host = await AtpHost.StartAsync(stack);
        string[] names = ["healthy", "inactive", "service-stopped", "applied-not-onboarded", "silent"];
        await host.ImportAsync(names.Select(name => TestSite.Line(name)).Append(TestSite.Line("unsupported", build: 7601)));
        var policy = await host.CreatePolicyAsync();
        var deploymentId = await host.DeployAsync((string)policy["id"]!, await host.CreateCollectionAsync("Target", new { tag = "all" }));
        await host.ActiveAsync(deploymentId);

        // No data sent to the service during the period: seven days, by the site's setting.
        await ReportAsync(host, deploymentId, "inactive", onboarded: true, running: true, connectedAgo: TimeSpan.FromDays(8));
        await ReportAsync(host, deploymentId, "healthy", onboarded: true, running: true, connectedAgo: TimeSpan.FromDays(6));
        await ReportAsync(host, deploymentId, "service-stopped", onboarded: true, running: false, connectedAgo: TimeSpan.FromDays(8));
        await ReportAsync(host, deploymentId, "applied-not-onboarded", onboarded: false, running: true, connectedAgo: TimeSpan.Zero);

        var site = (await host.RollUpAsync())["site"]!;

        Assert.Equal((1, 1, 1, 1), ((int)site["healthy"]!, (int)site["inactive"]!, (int)site["agentState"]!, (int)site["notOnboarded"]!));
        Assert.Equal((3, 4, 75.0), ((int)site["onboarded"]!, (int)site["eligible"]!, (double)site["onboardingPercent"]!));
        Assert.Equal((1, 6), ((int)site["neverReached"]!, (int)site["devices"]!));
    }

    [Fact]
    public async Task Before_any_device_was_reached_there_is_no_data_and_not_zero_percent()
    {
        await using var host = await AtpHost.StartAsync(stack);
        await host.DeployToAsync(await host.CreatePolicyAsync(), Windows.TenNewest);

        var site = (await host.RollUpAsync())["site"]!.AsObject();

        Assert.Equal((0, 1), ((int)site["eligible"]!, (int)site["neverReached"]!));
        Assert.False(site.ContainsKey("onboardingPercent"));
    }

    private static async Task ReportAsync(AtpHost host, string deploymentId, string name, bool onboarded, bool running, TimeSpan connectedAgo)
    {
        var device = await host.EnrollAsync(name);
        await device.CheckInAsync();
        await device.SendAsync(device.Sign(new
        {
            reportedAt = host.Clock.GetUtcNow(),
            lastConnected = host.Clock.GetUtcNow() - connectedAgo,
            senseIsRunning = running,
            onboardingState = onboarded ? 1 : 0,
            orgId = TestSite.OrgId.ToString(),
            deploymentId,
            revision = 1,
            result = "Success",
        }));
        await device.IngestedAsync();
    }
}
