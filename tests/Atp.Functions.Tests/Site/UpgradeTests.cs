using System.Net.Http.Json;
using Atp.Core.Storage;
using Atp.Functions.Tests.Devices;
using Azure.Data.Tables;

namespace Atp.Functions.Tests.Site;

/// <summary>Two builds at one site, as during a deployment: what docs/operations.md promises of the older one.</summary>
public sealed class UpgradeTests(TestStack stack) : IAsyncLifetime
{
    private const string NewerColumn = "OfANewerBuild";

    private AtpHost host = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => host = await AtpHost.StartAsync(stack, Fleet.Shards(2));

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_build_does_not_start_at_a_site_of_another_schema_and_changes_nothing(int version)
    {
        var site = host.Table(TableNames.Site);
        await site.UpdateEntityAsync(new TableEntity("site", "settings") { ["SchemaVersion"] = version }, Azure.ETag.All, TableUpdateMode.Merge, Stop);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => AtpHost.StartAsync(stack, Fleet.Shards(2) with { Account = host.Account }));

        Assert.Contains($"schema version {version}; this build reads version 1", refused.Message, StringComparison.Ordinal);
        Assert.Equal(version, (await site.GetEntityAsync<TableEntity>("site", "settings", cancellationToken: Stop)).Value.GetInt32("SchemaVersion"));
    }

    [Fact]
    public async Task Columns_of_a_newer_build_stay_whatever_this_one_writes_to_the_row()
    {
        await host.ImportAsync([TestSite.Line("pc-1")]);
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });
        var policy = (string)(await host.CreatePolicyAsync())["id"]!;
        var deployment = await host.DeployAsync(policy, collection);
        await host.ActiveAsync(deployment);
        var device = await host.EnrollAsync("pc-1");
        (string Table, Func<TableEntity, bool> Has)[] facts =
        [
            (TableNames.Fleet, row => !row.RowKey.StartsWith('!')), // but the index, which copies the device's row
            (TableNames.Policies, row => row.PartitionKey == "policy"),
            (TableNames.Collections, row => row.PartitionKey == "collection"),
            (TableNames.Deployments, _ => true),
        ];
        var marked = 0;
        foreach (var (table, has) in facts)
        {
            foreach (var row in await RowsAsync(table, has))
            {
                await host.Table(table).UpdateEntityAsync(
                    new TableEntity(row.PartitionKey, row.RowKey) { [NewerColumn] = "kept" }, Azure.ETag.All, TableUpdateMode.Merge, Stop);
                marked++;
            }
        }

        await device.CheckInAsync(new { name = "Renamed", build = 22631, productType = 1, sku = 4, tags = new[] { "all" } });
        await device.SendAsync(device.Healthy(deployment, 1));
        await device.IngestedAsync();
        (await device.GetAsync($"/api/agent/configuration/{deployment}")).EnsureSuccessStatusCode();
        (await device.GetAsync($"/api/agent/configuration/{deployment}")).EnsureSuccessStatusCode(); // again: counted
        (await host.Admin.PostAsync("/api/devices/pc-1/block", null, Stop)).EnsureSuccessStatusCode();
        await host.PatchCollectionAsync(collection, new { description = "changed" });
        await (await host.ChangeAsync(HttpMethod.Patch, $"/api/policies/{policy}", 1, new { description = "changed" })).JsonAsync();
        await (await host.Admin.PostAsJsonAsync($"/api/deployments/{deployment}/end", new { reason = "over" }, Stop)).JsonAsync();
        await host.RollUpAsync();

        Assert.Equal(5, marked);
        foreach (var (table, has) in facts)
        {
            Assert.All(await RowsAsync(table, has), row => Assert.True(row.GetString(NewerColumn) == "kept", $"{table} {row.RowKey} has lost it."));
        }
    }

    private async Task<List<TableEntity>> RowsAsync(string table, Func<TableEntity, bool> has) =>
        await host.Table(table).QueryAsync<TableEntity>(cancellationToken: Stop).Where(has).ToListAsync(Stop);
}
