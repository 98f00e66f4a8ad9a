using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Atp.Core.Devices;
using Atp.Core.Health;
using Atp.Core.Site;
using Atp.Core.Storage;
using Azure.Data.Tables;

namespace Atp.Functions.Tests;

/// <summary>The races that the data model is made for.</summary>
public sealed class RaceTests(TestStack stack)
{
    private static readonly AtpHostOptions ByHand = new()
    {
        Disabled = ["DeployShard", "IngestReports", "RollUpShard"],
        Settings = { ["Atp:Site:ShardCount"] = "1" },
    };

    // What DeployShard asks of storage: the deployment, the index, the placements.
    private const int BeforePlacing = 2;

    [Fact]
    public async Task A_device_that_joins_while_its_shard_is_deployed_is_a_target()
    {
        await using var host = await AtpHost.StartAsync(stack, ByHand);
        var (deploymentId, _) = await DeployAsync(host, "device-1");
        await DeliverWhileAsync(host, BeforePlacing, () => host.ImportAsync([TestSite.Line("aaa-joins")]));

        Assert.NotNull((await AssignmentAsync(host, "aaa-joins", deploymentId))?.GetDateTimeOffset("PlacedAt"));
        await RollUpByHandAsync(host);
        Assert.Equal(2, await UnknownAsync(host, deploymentId));
    }

    [Fact]
    public async Task A_device_that_joined_through_an_instance_that_did_not_know_the_deployment_is_placed_by_the_roll_up()
    {
        await using var host = await AtpHost.StartAsync(stack, ByHand);
        var (deploymentId, _) = await DeployAsync(host, "device-1");
        await DeliverWhileAsync(host, BeforePlacing, () => host.ImportAsync([TestSite.Line("aaa-joins")]));
        await host.Table(TableNames.Fleet).DeleteEntityAsync("00", $"aaa-joins!{deploymentId}");

        await RollUpByHandAsync(host);

        Assert.Equal(2, await UnknownAsync(host, deploymentId));
        Assert.NotNull((await AssignmentAsync(host, "aaa-joins", deploymentId))?.GetDateTimeOffset("PlacedAt"));
    }

    [Fact]
    public async Task A_device_that_leaves_while_its_shard_is_deployed_is_no_target_whatever_rows_are_left()
    {
        await using var host = await AtpHost.StartAsync(stack, ByHand);
        var (deploymentId, _) = await DeployAsync(host, "leaves-1", "stays-1");
        await DeliverWhileAsync(host, BeforePlacing, () => host.ImportAsync([TestSite.Line("leaves-1", tags: "")]));

        Assert.NotNull(await AssignmentAsync(host, "leaves-1", deploymentId)); // placed from the index as it was read
        var device = await host.EnrollAsync("leaves-1");
        Assert.Null((await device.CheckInAsync())["instructions"]);
        await RollUpByHandAsync(host);
        Assert.Equal(1, await UnknownAsync(host, deploymentId));
    }

    [Fact]
    public async Task A_report_that_arrives_while_the_fan_out_rewrites_the_page_is_kept()
    {
        await using var host = await AtpHost.StartAsync(stack, ByHand);
        var (deploymentId, messages) = await DeployAsync(host, "device-1");
        await host.HandleAsync(Queues.DeploymentShards, messages[0]);
        var device = await host.EnrollAsync("device-1");
        await device.CheckInAsync();
        await device.SendAsync(device.Healthy(deploymentId, 1));

        await host.Tap.InBetweenAsync(BeforePlacing, () => host.DeliverAsync(Queues.DeviceReports),
            () => host.HandleAsync(Queues.DeploymentShards, messages[0]));

        var assignment = (await AssignmentAsync(host, "device-1", deploymentId))!;
        Assert.Equal("Success", assignment.GetString("Result"));
        Assert.NotNull(assignment.GetDateTimeOffset("PlacedAt"));
        Assert.Equal(1, assignment.GetInt32("FetchedRevision"));
    }

    [Fact]
    public async Task A_check_in_that_meets_a_report_loses_neither()
    {
        await using var host = await AtpHost.StartAsync(stack, ByHand);
        var (deploymentId, messages) = await DeployAsync(host, "device-1");
        await host.HandleAsync(Queues.DeploymentShards, messages[0]);
        var device = await host.EnrollAsync("device-1");
        await device.CheckInAsync();
        await device.SendAsync(device.Healthy(deploymentId, 1));
        var report = Assert.Single(await host.TakeAllAsync(Queues.DeviceReports));

        // Ingestion reads the device; before it writes, the device checks in with another inventory.
        await host.Tap.InBetweenAsync(1,
            () => device.CheckInAsync(new { name = "RENAMED", build = 19045, productType = 1, tags = new[] { "all" } }),
            () => host.HandleAsync(Queues.DeviceReports, report.Body));

        var found = await host.Get<FleetTable>().FindAsync("device-1", CancellationToken.None);
        Assert.Equal("RENAMED", found.Device!.Inventory.Name);
        Assert.Equal(1, found.Device.Health!.OnboardingState);
        Assert.Equal(AssignmentResult.Success, found.Assignments[deploymentId].Result);
    }

    [Fact]
    public async Task A_report_for_the_revision_before_an_edit_does_not_count_as_done()
    {
        await using var host = await AtpHost.StartAsync(stack, ByHand);
        var (deploymentId, messages) = await DeployAsync(host, "device-1");
        await host.HandleAsync(Queues.DeploymentShards, messages[0]);
        var device = await host.EnrollAsync("device-1");
        await device.CheckInAsync();
        await EditPolicyAsync(host);

        await device.SendAsync(device.Healthy(deploymentId, 1));
        await host.DeliverAsync(Queues.DeviceReports);
        Assert.Equal("InProgress", await StatusAsync(host, "device-1"));

        var before = await AssignmentAsync(host, "device-1", deploymentId);
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(2, (int)(await device.CheckInAsync())["instructions"]!["revision"]!);
        Assert.Equal(1, before!.GetInt32("FetchedRevision")); // the edit itself rewrote no row
        await device.SendAsync(device.Healthy(deploymentId, 2));
        await host.DeliverAsync(Queues.DeviceReports);
        Assert.Equal("Success", await StatusAsync(host, "device-1"));
    }

    [Fact]
    public async Task A_device_deleted_with_messages_under_way_counts_nowhere_and_leaves_nothing()
    {
        await using var host = await AtpHost.StartAsync(stack, ByHand);
        var (deploymentId, _) = await DeployAsync(host, "goes-1", "stays-1");
        var device = await host.EnrollAsync("goes-1");
        await device.CheckInAsync();
        await device.SendAsync(device.Healthy(deploymentId, 1));

        await DeliverWhileAsync(host, BeforePlacing, async () =>
            Assert.Equal(HttpStatusCode.NoContent, (await host.Admin.DeleteAsync("/api/devices/goes-1")).StatusCode));
        await host.DeliverAsync(Queues.DeviceReports);
        await RollUpByHandAsync(host);

        Assert.Equal(1, await UnknownAsync(host, deploymentId));
        Assert.Equal(1, (int)(await host.GetJsonAsync("/api/health/summary"))["site"]!["devices"]!);
        Assert.DoesNotContain(await host.RowsAsync(TableNames.Fleet), row => row.Contains("goes-1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_two_roll_ups_that_overlap_the_newer_one_counts()
    {
        await using var host = await AtpHost.StartAsync(stack, ByHand);
        var (deploymentId, messages) = await DeployAsync(host, "device-1");
        await host.HandleAsync(Queues.DeploymentShards, messages[0]);
        await host.Get<RollUpService>().StartAsync(CancellationToken.None);
        var older = await host.TakeAllAsync(Queues.HealthShards);

        host.Clock.Advance(TimeSpan.FromMinutes(1));
        await host.ImportAsync([TestSite.Line("device-2")]);
        await RollUpByHandAsync(host);
        var newest = await host.RowsAsync(TableNames.HealthLatest, TableNames.DeploymentLatest, TableNames.HealthHistory);
        foreach (var message in older)
        {
            await host.HandleAsync(Queues.HealthShards, message.Body);
        }

        Assert.Equal(newest, await host.RowsAsync(TableNames.HealthLatest, TableNames.DeploymentLatest, TableNames.HealthHistory));
        Assert.Equal(2, await UnknownAsync(host, deploymentId));
    }

    [Fact]
    public async Task A_message_of_a_deployment_that_has_ended_places_nobody()
    {
        await using var host = await AtpHost.StartAsync(stack, ByHand);
        var (deploymentId, messages) = await DeployAsync(host, "device-1");
        await (await host.Admin.PostAsJsonAsync($"/api/deployments/{deploymentId}/end", new { reason = "changed our mind" })).JsonAsync();
        await host.HandleAsync(Queues.DeploymentShards, messages[0]);
        Assert.Null(await AssignmentAsync(host, "device-1", deploymentId));
    }

    private static async Task<(string DeploymentId, List<BinaryData> Messages)> DeployAsync(AtpHost host, params string[] deviceIds)
    {
        await host.ImportAsync(deviceIds.Select(id => TestSite.Line(id)));
        var policy = await host.CreatePolicyAsync();
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });
        var deploymentId = await host.DeployAsync((string)policy["id"]!, collection);
        var messages = await Eventually.GetAsync(
            async () => (await host.Queue(Queues.DeploymentShards).PeekMessagesAsync(32)).Value.Select(m => m.Body).ToList(), m => m.Count == 1);
        return (deploymentId, messages);
    }

    private static async Task DeliverWhileAsync(AtpHost host, int request, Func<Task> happens)
    {
        var message = Assert.Single(await host.TakeAllAsync(Queues.DeploymentShards));
        await host.Get<SiteSnapshots>().ReadAsync(CancellationToken.None); // remembered, so that it costs DeployShard no request
        await host.Tap.InBetweenAsync(request, happens, () => host.HandleAsync(Queues.DeploymentShards, message.Body));
    }

    private static async Task RollUpByHandAsync(AtpHost host)
    {
        host.Clock.Advance(TimeSpan.FromMilliseconds(10));
        await host.Get<RollUpService>().StartAsync(CancellationToken.None);
        await host.DeliverAsync(Queues.HealthShards);
    }

    private static async Task EditPolicyAsync(AtpHost host)
    {
        var policy = (await host.GetJsonAsync("/api/policies"))["value"]![0]!;
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"/api/policies/{policy["id"]}")
        {
            Content = JsonContent.Create(new { description = "edited" }),
        };
        request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{policy["revision"]}\""));
        Assert.Equal(2, (int)(await (await host.Admin.SendAsync(request)).JsonAsync())["revision"]!);
    }

    private static async Task<string> StatusAsync(AtpHost host, string deviceId) =>
        (string)(await host.GetJsonAsync($"/api/devices/{deviceId}"))["targets"]![0]!["status"]!;

    private static async Task<int> UnknownAsync(AtpHost host, string deploymentId)
    {
        var statuses = (await host.GetJsonAsync($"/api/deployments/{deploymentId}"))["statuses"]!.AsObject();
        Assert.Equal((int)statuses["unknown"]!, statuses.Where(s => s.Key != "asOf").Sum(s => (int)s.Value!));
        return (int)statuses["unknown"]!;
    }

    private static async Task<TableEntity?> AssignmentAsync(AtpHost host, string deviceId, string deploymentId)
    {
        var row = await host.Table(TableNames.Fleet).GetEntityIfExistsAsync<TableEntity>("00", $"{deviceId}!{deploymentId}");
        return row.HasValue ? row.Value : null;
    }
}
