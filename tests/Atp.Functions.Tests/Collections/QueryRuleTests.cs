using Atp.Core.Storage;
using Atp.Functions.Tests.Devices;

namespace Atp.Functions.Tests.Collections;

/// <summary>Query rules: with a device's own change in its own transaction, with a rule's change by one pass per shard.</summary>
public sealed class QueryRuleTests(TestStack stack)
{
    private static readonly string[] Inventory =
    [
        """{"deviceId":"lab-1","name":"LAB-01","build":19045,"productType":1,"tags":["Pilot"]}""",
        """{"deviceId":"lab-2","name":"lab-02","build":22631,"productType":1,"tags":["pilot","berlin"]}""",
        """{"deviceId":"srv-1","name":"SRV-LAB","build":14393,"productType":3,"tags":[]}""",
        """{"deviceId":"srv-2","name":"SRV-02","build":20348,"productType":3,"tags":["pilots"]}""",
        """{"deviceId":"odd-1","name":"ODD\\01","build":12345,"productType":1,"tags":[]}""",
    ];

    public static TheoryData<object[], string[]> Rules => new()
    {
        { [new { operatingSystem = "Windows 10*" }], ["lab-1"] },
        { [new { operatingSystem = "windows 1? *" }], ["lab-1", "lab-2"] },
        { [new { operatingSystem = "Windows Server 2016" }], ["srv-1"] },
        { [new { operatingSystem = "other" }], ["odd-1"] },
        { [new { namePattern = "LAB-*" }], ["lab-1", "lab-2"] },
        { [new { namePattern = "*lab*" }], ["lab-1", "lab-2", "srv-1"] },
        { [new { namePattern = "lab" }], [] },
        { [new { namePattern = "ODD\\*" }], ["odd-1"] },
        { [new { tag = "PILOT" }], ["lab-1", "lab-2"] },
        { [new { tag = "pilo*" }], [] },
        { [new { tag = "pilot", operatingSystem = "Windows 11*" }], ["lab-2"] },
        { [new { tag = "berlin" }, new { tag = "pilots" }], ["lab-2", "srv-2"] },
        { [], [] },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task Rules_name_the_same_devices_whether_they_or_the_devices_came_first(object[] rules, string[] expected)
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(2));
        var before = await host.CreateCollectionAsync("Rules first", rules);
        await host.ImportAsync(Inventory);
        var after = await host.CreateCollectionAsync("Devices first", rules);

        Assert.Equal(expected, await host.MembersAsync(before));
        Assert.Equal(expected, await host.MembersAsync(after));
        Assert.Equal((expected.Length, expected.Length), (await host.MemberCountAsync(before), await host.MemberCountAsync(after)));
    }

    [Fact]
    public async Task A_device_that_changes_joins_and_leaves_in_one_transaction_and_no_message()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        var ten = await host.CreateCollectionAsync("10", new { operatingSystem = "Windows 10*" });
        var eleven = await host.CreateCollectionAsync("11", new { operatingSystem = "Windows 11*" });
        var policy = (string)(await host.CreatePolicyAsync())["id"]!;
        var toEleven = await host.DeployAsync(policy, eleven);
        await host.ActiveAsync(toEleven);
        await host.ImportAsync([TestSite.Line("device-1")]);
        var device = await host.EnrollAsync("device-1");
        await device.CheckInAsync();
        var before = host.Transactions;

        // By its own check-in: one read and one write are everything, the placement of the deployment included.
        var answer = await device.CheckInAsync(new { name = "DEVICE-1", build = 22631, productType = 1, sku = 4, tags = new[] { "all" } });

        Assert.Equal(2, host.Transactions - before);
        Assert.Equal(toEleven, (string)answer["instructions"]!["deploymentId"]!);
        Assert.Equal([$"!{eleven}!device-1", "device-1", $"device-1!{toEleven}"], (await host.FleetKeysAsync()).Order(StringComparer.Ordinal));
        Assert.Empty(await host.MembersAsync(ten));

        await (await host.PutAsync("device-1", new { name = "DEVICE-1", build = 19045, productType = 1 })).JsonAsync();
        Assert.Equal((1, 0), (await host.MemberCountAsync(ten), await host.MemberCountAsync(eleven)));
        Assert.Empty((await host.GetJsonAsync("/api/devices/device-1"))["targets"]!.AsArray());
    }

    [Fact]
    public async Task A_change_of_rules_is_one_pass_per_shard_and_moves_the_members()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(4, "EvaluateShard"));
        await host.ImportAsync(Inventory);
        var id = (string)(await (await host.Admin.PostAsync("/api/collections",
            System.Net.Http.Json.JsonContent.Create(new { name = "Moves", rules = new[] { new { tag = "pilot" } } }))).JsonAsync(System.Net.HttpStatusCode.Created))["id"]!;
        await PassAsync(host, id, 4);
        Assert.Equal(["lab-1", "lab-2"], await host.MembersAsync(id));

        await host.ChangeAsync(HttpMethod.Patch, $"/api/collections/{id}", 1, new { rules = new[] { new { namePattern = "srv-*" } } });
        Assert.Equal(0, (int)(await host.GetJsonAsync($"/api/collections/{id}"))["evaluation"]!["shardsDone"]!);
        await PassAsync(host, id, 4);

        Assert.Equal(["srv-1", "srv-2"], await host.MembersAsync(id));
        Assert.Equal(2, await host.MemberCountAsync(id));
        Assert.Equal(4, (int)(await host.GetJsonAsync($"/api/collections/{id}"))["evaluation"]!["shardsDone"]!);
        Assert.Equal(2, (await host.FleetKeysAsync()).Count(key => key[0] == '!'));

        // Another name, or the same rules again, evaluate nothing.
        await host.ChangeAsync(HttpMethod.Patch, $"/api/collections/{id}", 2, new { name = "Renamed", rules = new[] { new { namePattern = "srv-*" } } });
        Assert.Empty(await host.TakeAllAsync(Queues.CollectionShards));
        Assert.Equal(3, (int)(await host.GetJsonAsync($"/api/collections/{id}"))["revision"]!);
    }

    [Fact]
    public async Task A_message_of_rules_that_changed_since_does_nothing()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1, "EvaluateCollection", "EvaluateShard"));
        await host.ImportAsync(Inventory);
        var id = (string)(await (await host.Admin.PostAsync("/api/collections",
            System.Net.Http.Json.JsonContent.Create(new { name = "Moves", rules = new[] { new { tag = "pilot" } } }))).JsonAsync(System.Net.HttpStatusCode.Created))["id"]!;
        await host.DeliverAsync(Queues.CollectionEvaluation);
        var old = Assert.Single(await host.TakeAllAsync(Queues.CollectionShards));
        await host.ChangeAsync(HttpMethod.Patch, $"/api/collections/{id}", 1, new { rules = new[] { new { namePattern = "srv-*" } } });

        await host.HandleAsync(Queues.CollectionShards, old.Body);

        Assert.Empty(await host.MembersAsync(id));
        Assert.Equal(0, (int)(await host.GetJsonAsync($"/api/collections/{id}"))["evaluation"]!["shardsDone"]!);
        await host.DeliverAsync(Queues.CollectionEvaluation);
        await host.DeliverAsync(Queues.CollectionShards);
        Assert.Equal(["srv-1", "srv-2"], await host.MembersAsync(id));
    }

    [Fact]
    public async Task New_members_of_changed_rules_are_placed_for_live_deployments_and_leaving_ones_are_no_targets()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(2));
        await host.ImportAsync(Inventory);
        var id = await host.CreateCollectionAsync("Moves", new { tag = "pilot" });
        var deployment = await host.DeployAsync((string)(await host.CreatePolicyAsync())["id"]!, id);
        await host.ActiveAsync(deployment);

        await host.ChangeAsync(HttpMethod.Patch, $"/api/collections/{id}", 1, new { rules = new[] { new { namePattern = "srv-*" } } });
        await host.EvaluatedAsync(id);

        Assert.Contains($"srv-1!{deployment}", await host.FleetKeysAsync());
        Assert.Equal("Unknown", (string)(await host.GetJsonAsync("/api/devices/srv-1"))["targets"]![0]!["status"]!);
        Assert.Empty((await host.GetJsonAsync("/api/devices/lab-1"))["targets"]!.AsArray());
        await host.RollUpAsync();
        Assert.Equal(2, (int)(await host.GetJsonAsync($"/api/deployments/{deployment}"))["statuses"]!["unknown"]!);
    }

    private static async Task PassAsync(AtpHost host, string collection, int shards)
    {
        var messages = new List<Azure.Storage.Queues.Models.QueueMessage>();
        await Eventually.TrueAsync(async () =>
        {
            messages.AddRange(await host.TakeAllAsync(Queues.CollectionShards));
            return messages.Count >= shards;
        });
        await host.EmptyAsync(Queues.CollectionEvaluation);
        Assert.Equal(shards, messages.Count);
        Assert.All(messages, message => Assert.Contains(collection, message.Body.ToString(), StringComparison.Ordinal));
        foreach (var message in messages)
        {
            await host.HandleAsync(Queues.CollectionShards, message.Body);
        }
    }
}
