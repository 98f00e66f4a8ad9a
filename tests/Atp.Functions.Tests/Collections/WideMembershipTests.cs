using System.Net;
using System.Net.Http.Json;
using Atp.Core.Devices;
using Atp.Core.Storage;
using Atp.Functions.Tests.Devices;
using Azure.Data.Tables;

namespace Atp.Functions.Tests.Collections;

/// <summary>
/// A device that goes from 90 collections to 90 others changes 181 rows, and placements come on top: more than one transaction
/// holds. Whatever it dies after, members and targets are right at once, and no row is left over in the end.
/// </summary>
public sealed class WideMembershipTests(TestStack stack)
{
    private const int Wide = Device.MaxCollections;
    private const int Deployments = 12;

    // The audit (after a crash its head is read again), read, change, place, read, remove, look again; the counting of every collection follows.
    private const int RequestsOfAMove = 9;

    [Fact]
    public async Task From_ninety_collections_to_ninety_others()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1, "EvaluateCollection"));
        var (old, others, deployments) = await SetUpAsync(host);

        await MoveAsync(host);

        AssertMoved(await host.FleetKeysAsync(), others, deployments);
        Assert.Equal(others, await CollectionsAsync(host));
        Assert.Equal(string.Empty, (await host.Table(TableNames.Fleet).GetEntityAsync<TableEntity>("00", "wide")).Value.GetString("Leaving"));
        Assert.Equal((0, 1), (await host.MemberCountAsync(old[0]), await host.MemberCountAsync(others[0])));
        Assert.Empty(await host.MembersAsync(old[Wide - 1]));
    }

    [Fact]
    public async Task Killed_after_any_request_the_roll_up_mends_what_was_left_over()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1, "EvaluateCollection", "RollUpShard"));
        var (old, others, deployments) = await SetUpAsync(host);
        var moved = 0;
        for (var requests = 0; requests < RequestsOfAMove; requests++)
        {
            await host.Get<Core.Site.SiteSnapshots>().ReadAsync(CancellationToken.None);
            Assert.True(await host.Tap.CrashAfterAsync(requests, () => MoveAsync(host)));
            var isMember = await CollectionsAsync(host);
            Assert.True(isMember.SequenceEqual(old) || isMember.SequenceEqual(others), "A device is never half here and half there.");
            await host.RollUpByHandAsync();
            if (isMember.SequenceEqual(others))
            {
                moved++;
                AssertMoved(await host.FleetKeysAsync(), others, deployments);
                await MoveBackAsync(host);
                await RemoveAssignmentsAsync(host, deployments);
            }
        }

        Assert.True(moved >= 4, $"It moved {moved} times only: after the change, the placements, the reading and the removal.");
    }

    [Fact]
    public async Task A_device_that_comes_back_before_its_old_rows_were_removed_stays_a_member()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1, "EvaluateCollection"));
        var (old, _, _) = await SetUpAsync(host);
        await host.Get<Core.Site.SiteSnapshots>().ReadAsync(CancellationToken.None);

        // It reads the device, writes the change and the placements, reads again; then the device comes back.
        await host.Tap.InBetweenAsync(4, () => MoveBackAsync(host), () => MoveAsync(host));

        Assert.Equal(old, await CollectionsAsync(host));
        Assert.Equal(old, (await host.FleetKeysAsync()).Where(key => key[0] == '!').Select(key => key.Split('!')[1]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task More_than_ninety_matching_collections_leave_the_oldest_ninety()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1, "EvaluateCollection"));
        var ids = await CreateAsync(host, "x", Wide + 5, advance: true);

        await host.ImportAsync([TestSite.Line("wide", tags: "\"x\"")]);

        Assert.Equal(ids.Take(Wide).Order(StringComparer.Ordinal), await CollectionsAsync(host));
        Assert.Equal(Wide + 1, (await host.FleetKeysAsync()).Count);
    }

    private static void AssertMoved(List<string> keys, List<string> others, List<string> deployments)
    {
        Assert.Equal(others, keys.Where(key => key[0] == '!').Select(key => key.Split('!')[1]).Order(StringComparer.Ordinal));
        Assert.All(deployments, id => Assert.Contains($"wide!{id}", keys));
        Assert.Equal(Wide + 1 + Deployments, keys.Count);
    }

    private static async Task<(List<string> Old, List<string> Others, List<string> Deployments)> SetUpAsync(AtpHost host)
    {
        var old = await CreateAsync(host, "old", Wide);
        var others = await CreateAsync(host, "new", Wide);
        var policy = (string)(await host.CreatePolicyAsync())["id"]!;
        var deployments = new List<string>();
        for (var i = 0; i < Deployments; i++)
        {
            deployments.Add(await host.DeployAsync(policy, others[i]));
            await host.ActiveAsync(deployments[i]);
        }

        await host.ImportAsync([TestSite.Line("wide", tags: "\"old\"")]);
        Assert.Equal(old.Order(StringComparer.Ordinal), await CollectionsAsync(host));
        return ([.. old.Order(StringComparer.Ordinal)], [.. others.Order(StringComparer.Ordinal)], deployments);
    }

    private static async Task<List<string>> CreateAsync(AtpHost host, string tag, int count, bool advance = false)
    {
        var ids = new List<string>();
        for (var i = 0; i < count; i++)
        {
            ids.Add((string)(await (await host.Admin.PostAsJsonAsync("/api/collections", new { name = $"{tag} {i}", rules = new[] { new { tag } } }))
                .JsonAsync(HttpStatusCode.Created))["id"]!);
            host.Clock.Advance(TimeSpan.FromMilliseconds(advance ? 1 : 0));
        }

        return ids; // no device is there yet, so nothing waits for an evaluation
    }

    private static Task MoveAsync(AtpHost host) => UpsertAsync(host, "new");

    private static Task MoveBackAsync(AtpHost host) => UpsertAsync(host, "old");

    private static async Task UpsertAsync(AtpHost host, string tag) => await host.Get<DeviceService>().UpsertAsync("wide", new InventoryInput
    {
        Name = "WIDE",
        Build = System.Text.Json.JsonSerializer.SerializeToElement(19045),
        ProductType = 1,
        Sku = 4,
        Tags = [tag],
    }, Core.Requests.Caller.Service, CancellationToken.None);

    private static async Task RemoveAssignmentsAsync(AtpHost host, List<string> deployments)
    {
        foreach (var id in deployments)
        {
            await host.Table(TableNames.Fleet).DeleteEntityAsync("00", $"wide!{id}");
        }
    }

    private static Task<List<string>> CollectionsAsync(AtpHost host) => host.CollectionsOfAsync("wide");
}
