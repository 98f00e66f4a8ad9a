namespace Atp.Functions.Tests.Seed;

/// <summary>Section "Supported client operating systems": which systems can be onboarded depends on the version of Configuration Manager.</summary>
public sealed class SupportedOperatingSystemsTests(TestStack stack)
{
    [Theory]
    [InlineData("1910")]
    [InlineData("2002")]
    [InlineData("2006")]
    public async Task Each_version_onboards_the_systems_that_it_lists_and_the_others_do_not_meet_the_requirements(string version)
    {
        var supported = version == "1910"
            ? [Windows.Ten1607, Windows.TenNewest]
            : Windows.All.Except([Windows.Seven, Windows.Ten1507]).ToList();
        await using var host = await AtpHost.StartAsync(stack, SeedSteps.Version(version));
        var deploymentId = await host.DeployToAsync(await host.CreatePolicyAsync(), Windows.All);

        foreach (var windows in Windows.All)
        {
            var instructions = (await host.InstructionsAsync(windows))!;
            Assert.Equal((windows.DeviceId, supported.Contains(windows) ? "Onboard" : "None"), (windows.DeviceId, (string?)instructions["action"]));
            Assert.Equal(supported.Contains(windows) ? "InProgress" : "RequirementsNotMet", (string?)(await host.TargetAsync(windows))["status"]);
        }

        await host.RollUpAsync();
        var statuses = (await host.GetJsonAsync($"/api/deployments/{deploymentId}"))["statuses"]!;
        Assert.Equal((supported.Count, Windows.All.Count - supported.Count), ((int)statuses["inProgress"]!, (int)statuses["requirementsNotMet"]!));
    }
}
