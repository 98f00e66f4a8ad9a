using System.Net.Http.Json;
using Atp.Core.Health;
using Atp.Core.Storage;
using Azure.Data.Tables;

namespace Atp.Functions.Tests;

/// <summary>The budgets of the design, in storage transactions that our code makes: they hold on any machine.</summary>
public sealed class BudgetTests(TestStack stack)
{
    private const int Shards = 64;

    private static readonly AtpHostOptions SixtyFourShards = new() { Settings = { ["Atp:Site:ShardCount"] = "64" } };

    [Theory]
    [InlineData(1_000)]
    [InlineData(10_000)]
    public async Task Fan_out_and_roll_up_stay_within_their_budgets(int devices)
    {
        await using var host = await AtpHost.StartAsync(stack, SixtyFourShards);
        var policy = await host.CreatePolicyAsync();
        var collections = new[]
        {
            await host.CreateCollectionAsync("All", new { tag = "all" }),
            await host.CreateCollectionAsync("Windows 10", new { operatingSystem = "Windows 10*" }),
        };
        var imported = await host.ImportAsync(Enumerable.Range(0, devices).Select(i => TestSite.Line($"device-{i:D6}")));
        Assert.Equal(devices, (int)imported["created"]!);

        var before = host.Transactions;
        var deploymentId = await host.DeployAsync((string)policy["id"]!, collections);
        await Eventually.TrueAsync(async () => await CountAsync(host.Table(TableNames.DeploymentShards), deploymentId) == Shards);
        await SettledAsync(host);
        var fanOut = host.Transactions - before;
        Assert.InRange(fanOut, 1, Budgets.FanOut(Shards, collections.Length, devices));
        var placed = await host.ActiveAsync(deploymentId);
        Assert.Equal(devices, (int)placed["progress"]!["devices"]!); // in both collections, placed once

        before = host.Transactions;
        var rollUp = await host.Get<RollUpService>().StartAsync(CancellationToken.None);
        await Eventually.TrueAsync(async () => (await host.Table(TableNames.RollUps).GetEntityAsync<TableEntity>(rollUp.Id, "!run")).Value
            .ContainsKey("CompletedAt"));
        await SettledAsync(host);
        var counted = host.Transactions - before;
        var rows = devices * 2; // a device row and an assignment row each
        var scopes = await CountAsync(host.Table(TableNames.HealthLatest), "latest");
        Assert.InRange(counted, 1, Budgets.RollUp(Shards, rows, scopes));

        var summary = await host.GetJsonAsync("/api/health/summary");
        Assert.Equal(devices, (int)summary["site"]!["neverReached"]!);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{devices} devices: fan-out {fanOut} transactions ({(double)fanOut / devices:F4} a device), roll-up {counted} ({(double)counted / devices:F4} a device)");
    }

    [Fact]
    public async Task Calls_stay_within_their_budgets()
    {
        await using var host = await AtpHost.StartAsync(stack, new AtpHostOptions { Disabled = ["IngestReports"] });
        await host.ImportAsync([TestSite.Line("up-1"), TestSite.Line("down-1", build: 14393, productType: 3)]);
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });
        await host.CreatePolicyAsync(); // warms the site up

        var create = await CostAsync(host, () => host.CreatePolicyAsync());
        Assert.InRange(create, 1, Budgets.CreatePolicy);

        var deploymentId = await host.DeployAsync(
            (string)(await host.GetJsonAsync("/api/policies"))["value"]![0]!["id"]!, collection);
        await host.ActiveAsync(deploymentId);
        var up = await host.EnrollAsync("up-1");
        var down = await host.EnrollAsync("down-1");
        await host.Get<Core.Site.SiteSnapshots>().ReadAsync(CancellationToken.None);

        Assert.Equal(Budgets.CheckInWithNews, await CostAsync(host, () => up.CheckInAsync()));
        Assert.Equal(Budgets.CheckIn, await CostAsync(host, () => up.CheckInAsync()));
        Assert.InRange(await CostAsync(host, () => up.CheckInAsync(new { name = "UP-1", build = 19045, productType = 1, sku = 4, tags = new[] { "all" }, monitoringAgentVersion = "10.20" })), 1, Budgets.CheckInWithNews);
        Assert.InRange(await CostAsync(host, () => up.GetAsync($"/api/agent/configuration/{deploymentId}")), 1, Budgets.Download);
        Assert.InRange(await CostAsync(host, () => up.GetAsync($"/api/agent/configuration/{deploymentId}")), 1, Budgets.Download);
        await down.CheckInAsync();
        Assert.InRange(await CostAsync(host, () => down.GetAsync($"/api/agent/workspace/{deploymentId}")), 1, Budgets.Download);
        Assert.InRange(await CostAsync(host, () => down.GetAsync($"/api/agent/workspace/{deploymentId}")), 1, Budgets.Download); // again, and counted

        var report = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(up.Healthy(deploymentId, 1), Core.Agent.DeviceReport.Json);
        var ingestion = host.Get<Core.Agent.ReportService>();
        Assert.Equal(Budgets.Report, await CostAsync(host, () => ingestion.IngestAsync(report, CancellationToken.None)));
        Assert.Equal(Budgets.ReportWithoutNews, await CostAsync(host, () => ingestion.IngestAsync(report, CancellationToken.None)));
        Assert.Equal(Budgets.ReportOverHttp, await CostAsync(host, () => up.PostReportsAsync(report)));
    }

    [Theory]
    [InlineData("1", 1_000)]
    [InlineData("64", 1_000)]
    public async Task Bulk_enrollment_reads_and_writes_each_shard_in_batches(string shards, int devices)
    {
        await using var host = await AtpHost.StartAsync(stack, new AtpHostOptions { Settings = { ["Atp:Site:ShardCount"] = shards } });
        await host.ImportAsync(Enumerable.Range(0, devices + 1).Select(i => TestSite.Line($"device-{i:D6}")));
        await host.EnrollAsync($"device-{devices:D6}"); // makes the site's key
        var deviceIds = Enumerable.Range(0, devices).Select(i => $"device-{i:D6}").ToArray();

        var cost = await CostAsync(host, async () => await (await host.Admin.PostAsJsonAsync("/api/devices/enroll", new { deviceIds })).JsonAsync());

        Assert.InRange(cost, 1, Budgets.BulkEnrollment(int.Parse(shards, System.Globalization.CultureInfo.InvariantCulture), devices));
    }

    private static async Task<long> CostAsync(AtpHost host, Func<Task> call)
    {
        var before = host.Transactions;
        await call();
        return host.Transactions - before;
    }

    private static async Task<int> CountAsync(TableClient table, string partition)
    {
        var count = 0;
        await foreach (var _ in table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {partition}"), select: ["RowKey"]))
        {
            count++;
        }

        return count;
    }

    /// <summary>Until the messages are gone: the last one's completion check is counted too.</summary>
    private static Task SettledAsync(AtpHost host) => Eventually.TrueAsync(async () =>
    {
        foreach (var queue in new[] { Queues.DeploymentFanOut, Queues.DeploymentShards, Queues.HealthShards, Queues.CollectionShards })
        {
            if ((await host.Queue(queue).GetPropertiesAsync()).Value.ApproximateMessagesCount > 0)
            {
                return false;
            }
        }

        return true;
    });
}
