using Atp.Core.Health;
using Atp.Core.Storage;
using Atp.Functions.Tests.Devices;
using Azure.Data.Tables;

namespace Atp.Functions.Tests.Collections;

/// <summary>Full evaluation, after a change of rules; incremental evaluation, with every roll-up; each shown with its time.</summary>
public sealed class EvaluationTests(TestStack stack)
{
    private static AtpHostOptions ByHand(int shards) => Fleet.Shards(shards, "EvaluateCollection", "EvaluateShard", "RollUpShard");

    [Fact]
    public async Task Killed_at_every_request_and_repeated_a_full_evaluation_counts_the_dependents_too()
    {
        await using var host = await AtpHost.StartAsync(stack, ByHand(2));
        await host.ImportAsync(Enumerable.Range(0, 130).Select(i => TestSite.Line($"device-{i:D3}", tags: i % 2 == 0 ? "\"even\"" : "\"odd\"")));
        var rule = await host.PostCollectionAsync(new { name = "Rule", rules = new[] { new { tag = "even" } } });
        var all = new[] { new { namePattern = "*" } };
        var including = await host.PostCollectionAsync(new { name = "Including", includeCollectionIds = new[] { rule } });
        var excluding = await host.PostCollectionAsync(new { name = "Excluding", rules = all, excludeCollectionIds = new[] { including } });
        var limited = await host.PostCollectionAsync(new { name = "Limited", rules = all, limitingCollectionId = excluding });
        await host.EvaluateByHandAsync();
        Assert.Equal("65 65 65 65", await CountsAsync());

        await host.PatchCollectionAsync(rule, new { rules = new[] { new { namePattern = "DEVICE-00*" } } });
        Assert.True(await host.DeliverThroughCrashesAsync(Queues.CollectionEvaluation) > 0);
        Assert.True(await host.DeliverThroughCrashesAsync(Queues.CollectionShards) > 0);

        Assert.Equal("10 10 120 120", await CountsAsync());
        Assert.Equal(10, (await host.MembersAsync(including)).Count);
        Assert.Equal(120, (await host.MembersAsync(limited)).Count);

        async Task<string> CountsAsync() => string.Join(' ',
            await host.MemberCountAsync(rule), await host.MemberCountAsync(including), await host.MemberCountAsync(excluding), await host.MemberCountAsync(limited));
    }

    [Fact]
    public async Task A_change_of_references_is_a_change_of_rules_and_one_of_the_client_setting_is_none()
    {
        await using var host = await AtpHost.StartAsync(stack, ByHand(1));
        var other = await host.PostCollectionAsync(new { name = "Other" });
        var id = await host.PostCollectionAsync(new { name = "Changes" });
        await host.EvaluateByHandAsync();
        Assert.Equal(1, await DoneAsync());

        await host.PatchCollectionAsync(id, new { downLevelAgent = "DefenderClient" });
        await host.PatchCollectionAsync(id, new { includeCollectionIds = Array.Empty<string>(), excludeCollectionIds = Array.Empty<string>(), limitingCollectionId = "" });
        Assert.Empty(await host.TakeAllAsync(Queues.CollectionEvaluation));
        Assert.Equal(1, await DoneAsync());

        foreach (var edit in new object[] { new { includeCollectionIds = new[] { other } }, new { excludeCollectionIds = new[] { other } }, new { limitingCollectionId = other } })
        {
            await host.PatchCollectionAsync(id, edit);
            Assert.Equal(0, await DoneAsync());
            await host.EvaluateByHandAsync();
            Assert.Equal(1, await DoneAsync());
        }

        async Task<int> DoneAsync() => (int)(await host.GetJsonAsync($"/api/collections/{id}"))["evaluation"]!["shardsDone"]!;
    }

    [Fact]
    public async Task Each_evaluation_is_shown_with_its_time()
    {
        await using var host = await AtpHost.StartAsync(stack, ByHand(2));
        var id = await host.PostCollectionAsync(new { name = "All", rules = new[] { new { tag = "all" } } });
        await host.ImportAsync([TestSite.Line("device-1")]); // counted, and that is no evaluation
        Assert.Equal((null, null), await TimesAsync());

        await host.EvaluateByHandAsync();
        var full = host.Clock.GetUtcNow();
        Assert.Equal((full, null), await TimesAsync());

        host.Clock.Advance(TimeSpan.FromMinutes(5));
        var run = await host.RollUpByHandAsync();
        await host.ImportAsync([TestSite.Line("device-2")]);
        Assert.Equal((full, run.AsOf), await TimesAsync());
        Assert.Equal(2, await host.MemberCountAsync(id));

        async Task<(DateTimeOffset? Full, DateTimeOffset? Incremental)> TimesAsync()
        {
            var evaluation = (await host.GetJsonAsync($"/api/collections/{id}"))["evaluation"]!;
            return ((DateTimeOffset?)evaluation["fullAt"], (DateTimeOffset?)evaluation["incrementalAt"]);
        }
    }

    [Fact]
    public async Task The_roll_up_brings_devices_up_to_date_whose_membership_lags_behind_the_rules()
    {
        await using var host = await AtpHost.StartAsync(stack, ByHand(2));
        await host.ImportAsync(Enumerable.Range(0, 250).Select(i => TestSite.Line($"device-{i:D3}", tags: i % 2 == 0 ? "\"even\"" : "\"odd\"")));
        var rule = await host.PostCollectionAsync(new { name = "Rule", rules = new[] { new { tag = "even" } } });
        var including = await host.PostCollectionAsync(new { name = "Including", includeCollectionIds = new[] { rule } });
        await host.EvaluateByHandAsync();
        var deployment = await host.DeployAsync((string)(await host.CreatePolicyAsync())["id"]!, including);
        await host.ActiveAsync(deployment);

        await host.PatchCollectionAsync(rule, new { rules = new[] { new { tag = "odd" } } }); // and no message of it arrives
        host.Clock.Advance(TimeSpan.FromMinutes(5));
        await host.Get<RollUpService>().StartAsync(CancellationToken.None);
        Assert.True(await host.DeliverThroughCrashesAsync(Queues.HealthShards) > 0);

        var odd = Enumerable.Range(0, 250).Where(i => i % 2 == 1).Select(i => $"device-{i:D3}").ToList();
        Assert.Equal(odd, await host.MembersAsync(rule));
        Assert.Equal(odd, await host.MembersAsync(including));
        Assert.Equal((125, 125), (await host.MemberCountAsync(rule), await host.MemberCountAsync(including)));
        Assert.Equal(odd, (await host.FleetKeysAsync()).Where(key => key.EndsWith($"!{deployment}", StringComparison.Ordinal)).Select(key => key.Split('!')[0])
            .Where(odd.Contains).Order(StringComparer.Ordinal));
        var statuses = (await host.GetJsonAsync($"/api/deployments/{deployment}"))["statuses"]!;
        Assert.Equal(125, (int)statuses["unknown"]!); // counted as they are now, in the same roll-up
        Assert.Equal(0, (int)(await host.GetJsonAsync($"/api/collections/{rule}"))["evaluation"]!["shardsDone"]!); // the full one is still to come
    }

    [Fact]
    public async Task Each_shards_newest_count_is_the_one_that_counts()
    {
        await using var host = await AtpHost.StartAsync(stack, ByHand(8));
        var id = await host.PostCollectionAsync(new { name = "Windows 11", rules = new[] { new { operatingSystem = "Windows 11*" } } });
        await host.EvaluateByHandAsync();
        var ids = Enumerable.Range(0, 24).Select(i => $"device-{i:D2}").ToList();
        await host.ImportAsync(ids.Select(device => TestSite.Line(device)));
        foreach (var device in ids)
        {
            await (await host.EnrollAsync(device)).CheckInAsync(new { name = device, build = 22631, productType = 1 });
        }

        Assert.Equal(0, await host.MemberCountAsync(id)); // check-ins count nothing
        await host.RollUpByHandAsync();
        Assert.Equal(24, await host.MemberCountAsync(id));
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        await (await host.PutAsync(ids[0], new { name = ids[0], build = 19045, productType = 1 })).JsonAsync();
        Assert.Equal(23, await host.MemberCountAsync(id)); // one shard was counted since; the others stay as the roll-up saw them
    }

    [Fact]
    public async Task A_roll_up_that_read_the_rules_before_they_changed_takes_no_change_back()
    {
        await using var host = await AtpHost.StartAsync(stack, ByHand(1));
        await host.ImportAsync([TestSite.Line("even", tags: "\"even\""), TestSite.Line("odd", tags: "\"odd\"")]);
        var id = await host.PostCollectionAsync(new { name = "Rule", rules = new[] { new { tag = "even" } } });
        await host.EvaluateByHandAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(5));
        await host.Get<RollUpService>().StartAsync(CancellationToken.None);
        var message = Assert.Single(await host.TakeAllAsync(Queues.HealthShards));

        // Three requests read the rules, the next one the devices.
        await host.Tap.InBetweenAsync(3, async () =>
        {
            await host.PatchCollectionAsync(id, new { rules = new[] { new { tag = "odd" } } });
            await host.EvaluateByHandAsync();
        }, () => host.HandleAsync(Queues.HealthShards, message.Body));

        Assert.Equal(["odd"], await host.MembersAsync(id));
        Assert.Equal(1, await host.MemberCountAsync(id));
    }

    [Fact]
    public async Task Of_two_roll_ups_that_overlap_the_newer_ones_counts_stay_and_those_of_gone_collections_go()
    {
        await using var host = await AtpHost.StartAsync(stack, ByHand(1));
        var ids = new List<string>();
        for (var i = 0; i < 120; i++) // more than one transaction holds
        {
            ids.Add(await host.PostCollectionAsync(new { name = $"Collection {i}" }));
        }

        await host.EvaluateByHandAsync();
        await host.Get<RollUpService>().StartAsync(CancellationToken.None);
        var older = Assert.Single(await host.TakeAllAsync(Queues.HealthShards));
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        var before = host.Transactions;
        var newer = await host.RollUpByHandAsync();
        Assert.InRange(host.Transactions - before, 1, 6 + 20 + (120 / 50));
        await host.HandleAsync(Queues.HealthShards, older.Body);
        Assert.Equal(ids.Order(StringComparer.Ordinal), (await RowsAsync()).Select(row => row.RowKey));
        Assert.All(await RowsAsync(), row => Assert.Equal(newer.AsOf, row.GetDateTimeOffset("AsOf")));

        await host.ChangeAsync(HttpMethod.Delete, $"/api/collections/{ids[0]}", 1);
        await host.EvaluateByHandAsync();
        await host.RollUpByHandAsync();
        Assert.DoesNotContain(await RowsAsync(), row => row.RowKey == ids[0]);

        async Task<List<TableEntity>> RowsAsync()
        {
            var rows = new List<TableEntity>();
            await foreach (var row in host.Table(TableNames.Collections).QueryAsync<TableEntity>(row => row.PartitionKey == "members"))
            {
                rows.Add(row);
            }

            return rows;
        }
    }
}
