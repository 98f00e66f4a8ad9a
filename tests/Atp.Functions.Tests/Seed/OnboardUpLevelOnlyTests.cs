namespace Atp.Functions.Tests.Seed;

/// <summary>Section "Onboard devices running only up-level operating systems": the configuration file is all they need.</summary>
public sealed class OnboardUpLevelOnlyTests(TestStack stack)
{
    [Fact]
    public async Task A_policy_without_Workspace_ID_and_key_onboards_every_device_of_an_up_level_collection()
    {
        Windows[] upLevel = [Windows.Ten1607, Windows.TenNewest, Windows.Server1803, Windows.Server2019];
        await using var host = await AtpHost.StartAsync(stack, SeedSteps.Version("2002"));
        var policy = await host.CreatePolicyAsync(workspaceId: null);
        Assert.Null(policy["workspace"]);
        var deploymentId = await host.DeployToAsync(policy, upLevel);

        foreach (var windows in upLevel)
        {
            var device = await host.EnrollAsync(windows.DeviceId);
            await device.ObeyAsync();
            await device.IngestedAsync();
        }

        await host.RollUpAsync();
        var statuses = (await host.GetJsonAsync($"/api/deployments/{deploymentId}"))["statuses"]!;
        Assert.Equal((4, 0), ((int)statuses["success"]!, (int)statuses["error"]!));
    }
}
