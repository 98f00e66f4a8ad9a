using System.Text.Json.Nodes;
using Atp.Functions.Tests.Devices;

namespace Atp.Functions.Tests.Agent;

/// <summary>"Specify the file samples that are collected and shared from managed devices for analysis": None, or All file types.</summary>
public sealed class FileSampleTests(TestStack stack) : IAsyncLifetime
{
    private AtpHost host = null!;
    private string policy = null!;
    private string deployment = null!;
    private TestDevice device = null!;

    public async ValueTask InitializeAsync()
    {
        host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        await host.ImportAsync([TestSite.Line("pc-1"), TestSite.Line("pc-2")]);
        policy = (string)(await host.CreatePolicyAsync())["id"]!;
        await (await host.ChangeAsync(HttpMethod.Patch, $"/api/policies/{policy}", 1, new { fileSamples = "None" })).JsonAsync();
        deployment = await host.DeployAsync(policy, await host.CreateCollectionAsync("All", new { tag = "all" }));
        await host.ActiveAsync(deployment);
        device = await host.EnrollAsync("pc-1");
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task They_are_delivered_reported_back_and_agree()
    {
        Assert.Equal("None", (string?)(await device.CheckInAsync())["instructions"]!["fileSamples"]);

        var page = await ReportAsync("None");

        Assert.Equal("None", (string?)page["lastReport"]!["fileSamples"]);
        Assert.False((bool)page["fileSamplesDrifted"]!);
        Assert.Null(page["fileSamplesMessage"]);
        Assert.Equal(0, (int)(await host.RollUpAsync())["site"]!["fileSamplesDrifted"]!);
        Assert.False((bool)(await device.CheckInAsync())["instructions"]!["reapply"]!);
    }

    [Fact]
    public async Task A_device_that_reports_another_value_shows_as_drifted_and_is_told_again_until_it_obeys()
    {
        await device.CheckInAsync();

        var page = await ReportAsync("AllFileTypes");

        Assert.Equal(("Success", "Healthy", true),
            ((string?)page["targets"]![0]!["status"], (string?)page["health"], (bool)page["fileSamplesDrifted"]!));
        Assert.Contains("the policy says no file samples", (string?)page["fileSamplesMessage"]!["text"], StringComparison.Ordinal);
        var site = (await host.RollUpAsync())["site"]!;
        Assert.Equal((1, 1), ((int)site["fileSamplesDrifted"]!, (int)site["healthy"]!));

        await host.Get<Core.Site.SiteSnapshots>().ReadAsync(CancellationToken.None);
        for (var twice = 0; twice < 2; twice++)
        {
            var before = host.Transactions;
            var instructions = (await device.CheckInAsync())["instructions"]!;
            Assert.Equal(1, host.Transactions - before); // nothing is written for it
            Assert.True((bool)instructions["reapply"]!);
            Assert.Equal(("Onboard", "None"), ((string?)instructions["action"], (string?)instructions["fileSamples"]));
            Assert.Equal((string?)page["fileSamplesMessage"]!["text"], (string?)instructions["reason"]);
        }

        Assert.False((bool)(await ReportAsync("None"))["fileSamplesDrifted"]!);
        var obeyed = (await device.CheckInAsync())["instructions"]!;
        Assert.Equal((false, true), ((bool)obeyed["reapply"]!, obeyed["reason"] is null));
        Assert.Equal(0, (int)(await host.RollUpAsync())["site"]!["fileSamplesDrifted"]!);
    }

    [Fact]
    public async Task An_edit_of_the_policy_is_no_drift_until_the_device_has_applied_it()
    {
        await device.CheckInAsync();
        await ReportAsync("None");

        await (await host.ChangeAsync(HttpMethod.Patch, $"/api/policies/{policy}", 2, new { fileSamples = "AllFileTypes" })).JsonAsync();

        Assert.False((bool)(await host.GetJsonAsync("/api/devices/pc-1"))["fileSamplesDrifted"]!);
        var instructions = (await device.CheckInAsync())["instructions"]!;
        Assert.Equal(("AllFileTypes", false), ((string?)instructions["fileSamples"], (bool)instructions["reapply"]!));
        Assert.True((bool)(await ReportAsync("None", revision: 3))["fileSamplesDrifted"]!);
    }

    [Fact]
    public async Task A_device_that_does_not_say_has_not_drifted()
    {
        await device.CheckInAsync();

        var page = await ReportAsync(null);

        Assert.False((bool)page["fileSamplesDrifted"]!);
        Assert.Null(page["lastReport"]!["fileSamples"]);
    }

    /// <summary>Reports success with what it shares, and gives its page once that is taken in.</summary>
    private async Task<JsonObject> ReportAsync(string? fileSamples, int revision = 2)
    {
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        var at = host.Clock.GetUtcNow();
        await device.SendAsync(device.Sign(new
        {
            reportedAt = at,
            lastConnected = at,
            senseIsRunning = true,
            onboardingState = 1,
            fileSamples,
            deploymentId = deployment,
            revision,
            result = "Success",
        }));
        return await Eventually.GetAsync(() => host.GetJsonAsync("/api/devices/pc-1"), d => (DateTimeOffset?)d["lastReport"]?["reportedAt"] == at);
    }
}
