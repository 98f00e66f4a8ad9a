using System.Globalization;
using System.Text.Json.Nodes;
using Atp.Functions.Tests.Deployments;

namespace Atp.Functions.Tests.Devices;

/// <summary>The page of one device: what it is, which policy holds it and why not another, how it stands, and what to do.</summary>
public sealed class DevicePageTests(TestStack stack) : IAsyncLifetime
{
    private AtpHost host = null!;

    public async ValueTask InitializeAsync() => host = await AtpHost.StartAsync(stack, Fleet.Shards(1));

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task The_effective_policy_comes_first_and_each_other_one_says_why_it_lost()
    {
        await host.ImportAsync([TestSite.Line("pc-1")]);
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });
        var first = (string)(await host.CreatePolicyAsync("First"))["id"]!;
        var second = (string)(await host.CreatePolicyAsync("Second"))["id"]!;
        var lost = await host.DeployAsync(second, collection);
        var older = await host.DeployAsync(first, collection);
        host.Clock.Advance(TimeSpan.FromMinutes(5));
        var newer = await host.DeployAsync(first, collection);
        foreach (var deployment in new[] { lost, older, newer })
        {
            await host.ActiveAsync(deployment);
        }

        var targets = (await host.GetJsonAsync("/api/devices/pc-1"))["targets"]!.AsArray();

        Assert.Equal([newer, older, lost], targets.Select(t => (string)t!["deploymentId"]!));
        Assert.Equal([true, false, false], targets.Select(t => (bool)t!["effective"]!));
        Assert.Equal("Unknown: the device has not fetched policy 'First' yet; it has never checked in.", Text(targets[0]));
        Assert.Contains("of two deployments of the same order, the newer one wins", Text(targets[1]), StringComparison.Ordinal);
        Assert.Equal("Superseded: Policy 'First' has order 1, this one order 2.", Text(targets[2]));
    }

    [Fact]
    public async Task If_the_workspace_is_not_included_the_policy_fails_on_down_level_devices_and_says_exactly_that()
    {
        await host.ImportAsync([TestSite.Line("srv-1", build: 14393, productType: 3), TestSite.Line("old-1", build: 7601)]);
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });
        await host.DeployAllTheSameAsync((string)(await host.CreatePolicyAsync("Up-level only", workspaceId: null))["id"]!, collection);
        var server = await host.EnrollAsync("srv-1");
        Assert.Equal("None", (string?)(await server.CheckInAsync())["instructions"]!["action"]);

        var page = await host.GetJsonAsync("/api/devices/srv-1");

        Assert.Equal(("Error", "WorkspaceMissing", "MonitoringAgent"),
            ((string?)page["targets"]![0]!["status"], (string?)page["targets"]![0]!["applicability"], (string?)page["downLevelAgent"]));
        Assert.StartsWith("Error: Windows Server 2016 (build 14393) is down-level and needs the Workspace ID and Workspace key", Text(page["targets"]![0]), StringComparison.Ordinal);
        Assert.StartsWith("Update the policy with the Workspace ID and Workspace key.", (string?)page["targets"]![0]!["message"]!["whatToDo"], StringComparison.Ordinal);
        var unsupported = await host.GetJsonAsync("/api/devices/old-1");
        Assert.StartsWith("Requirements not met: Windows 7 SP1 (build 7601)", Text(unsupported["targets"]![0]), StringComparison.Ordinal);
        Assert.Null(unsupported["healthMessage"]);
    }

    [Fact]
    public async Task A_failure_is_explained_by_its_code_and_an_inactive_agent_by_its_last_connection()
    {
        await host.ImportAsync([TestSite.Line("pc-1")]);
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });
        var deployment = await host.DeployAsync((string)(await host.CreatePolicyAsync())["id"]!, collection);
        await host.ActiveAsync(deployment);
        var device = await host.EnrollAsync("pc-1");
        await device.CheckInAsync();
        Assert.StartsWith("In progress: the device fetched revision 1 of policy 'Onboard'", Text((await host.GetJsonAsync("/api/devices/pc-1"))["targets"]![0]), StringComparison.Ordinal);

        foreach (var (code, meaning) in new[] { ("15", "the SENSE service couldn't be started (script:15)"), ("sense:5", "the agent couldn't reach its service (sense:5)") })
        {
            var at = Tick();
            await device.SendAsync(device.Sign(new
            {
                reportedAt = at,
                senseIsRunning = false,
                onboardingState = 0,
                deploymentId = deployment,
                revision = 1,
                result = "Error",
                errorCode = code,
            }));
            var failed = (await ReportedAsync(at))["targets"]![0]!;
            Assert.Equal(code, (string?)failed["errorCode"]); // as it was sent
            Assert.EndsWith(meaning + ".", Text(failed), StringComparison.Ordinal);
            Assert.NotNull(failed["message"]!["whatToDo"]);
        }

        var connected = Tick();
        await device.SendAsync(device.Healthy(deployment, 1));
        var healthy = await ReportedAsync(connected);
        Assert.StartsWith("Success: ", Text(healthy["targets"]![0]), StringComparison.Ordinal);
        Assert.StartsWith("Healthy: ", (string?)healthy["healthMessage"]!["text"], StringComparison.Ordinal);

        host.Clock.Advance(TimeSpan.FromDays(15));
        var inactive = await host.GetJsonAsync("/api/devices/pc-1");
        Assert.Equal("Inactive", (string?)inactive["health"]);
        Assert.Equal(string.Create(CultureInfo.InvariantCulture,
            $"Inactive: last connected {connected.UtcDateTime:yyyy-MM-dd HH:mm} UTC, 15 days ago; the period is 7 days."), (string?)inactive["healthMessage"]!["text"]);
    }

    private static string? Text(JsonNode? target) => (string?)target!["message"]!["text"];

    private DateTimeOffset Tick()
    {
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        return host.Clock.GetUtcNow();
    }

    private Task<JsonObject> ReportedAsync(DateTimeOffset at) => Eventually.GetAsync(
        () => host.GetJsonAsync("/api/devices/pc-1"), d => (DateTimeOffset?)d["lastReport"]?["reportedAt"] == at);
}
