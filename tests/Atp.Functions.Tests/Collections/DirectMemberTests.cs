using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Atp.Core.Storage;
using Atp.Functions.Tests.Devices;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Collections;

/// <summary>Direct members, added and removed in bulk.</summary>
public sealed class DirectMemberTests(TestStack stack) : IAsyncLifetime
{
    private AtpHost host = null!;
    private string collection = null!;

    public async ValueTask InitializeAsync()
    {
        host = await AtpHost.StartAsync(stack);
        collection = await host.CreateCollectionAsync("Direct");
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task Hundreds_are_added_and_removed_and_unknown_ids_are_named()
    {
        var ids = Enumerable.Range(0, 250).Select(i => $"device-{i:D4}").ToList();
        await host.ImportAsync(ids.Select(id => TestSite.Line(id)));

        var added = await ChangeAsync("add", [.. ids.Take(240), "nobody-2", "Nobody-1", "DEVICE-0000"]);

        Assert.Equal((240, 0), ((int)added["changed"]!, (int)added["unchanged"]!));
        Assert.Equal(["nobody-1", "nobody-2"], added["unknown"]!.AsArray().Select(id => (string)id!));
        Assert.Equal(ids.Take(240), await host.MembersAsync(collection));
        Assert.Equal(240, await host.MemberCountAsync(collection));

        var again = await ChangeAsync("add", ids);
        Assert.Equal((10, 240), ((int)again["changed"]!, (int)again["unchanged"]!));

        var removed = await ChangeAsync("remove", [.. ids.Skip(100), "nobody-3"]);
        Assert.Equal((150, 0), ((int)removed["changed"]!, (int)removed["unchanged"]!));
        Assert.Equal(["nobody-3"], removed["unknown"]!.AsArray().Select(id => (string)id!));
        Assert.Equal(ids.Take(100), await host.MembersAsync(collection));
        Assert.Equal(100, await host.MemberCountAsync(collection));
        Assert.Equal(100, (await host.FleetKeysAsync()).Count(key => key[0] == '!'));
    }

    [Fact]
    public async Task Five_thousand_are_added_in_one_call_with_transactions_of_many()
    {
        var ids = Enumerable.Range(0, 5_000).Select(i => $"device-{i:D5}").ToList();
        await host.ImportAsync(ids.Select(id => TestSite.Line(id)));
        var before = host.Transactions;

        Assert.Equal(5_000, (int)(await ChangeAsync("add", ids))["changed"]!);

        Assert.InRange(host.Transactions - before, 1, 200); // two rows each: 100 transactions, and the reading and counting
        Assert.Equal(ids, await host.MembersAsync(collection));
        Assert.Equal(5_000, await host.MemberCountAsync(collection));
        Assert.Equal(5_000, (int)(await ChangeAsync("remove", ids))["changed"]!);
        Assert.Equal(0, await host.MemberCountAsync(collection));
        Assert.DoesNotContain(await host.FleetKeysAsync(), key => key[0] == '!');
    }

    [Fact]
    public async Task A_new_direct_member_is_placed_for_the_live_deployments_in_the_same_change()
    {
        await host.ImportAsync([TestSite.Line("device-1")]);
        var deployment = await host.DeployAsync((string)(await host.CreatePolicyAsync())["id"]!, collection);
        await host.ActiveAsync(deployment);

        await ChangeAsync("add", ["device-1"]);

        Assert.Equal([$"!{collection}!device-1", "device-1", $"device-1!{deployment}"], (await host.FleetKeysAsync()).Order(StringComparer.Ordinal));
        var target = (await host.GetJsonAsync("/api/devices/device-1"))["targets"]![0]!;
        Assert.Equal((deployment, "Unknown"), ((string)target["deploymentId"]!, (string)target["status"]!));
        await ChangeAsync("remove", ["device-1"]);
        Assert.Empty((await host.GetJsonAsync("/api/devices/device-1"))["targets"]!.AsArray());
    }

    [Fact]
    public async Task A_device_stays_a_member_by_a_rule_when_it_is_removed_as_a_direct_one()
    {
        await host.ImportAsync([TestSite.Line("device-1")]);
        await host.ChangeAsync(HttpMethod.Patch, $"/api/collections/{collection}", 1, new { rules = new[] { new { tag = "all" } } });
        await host.EvaluatedAsync(collection);
        await ChangeAsync("add", ["device-1"]);

        await ChangeAsync("remove", ["device-1"]);

        Assert.Equal(["device-1"], await host.MembersAsync(collection));
    }

    [Fact]
    public async Task Members_added_before_the_rules_were_evaluated_dont_stand_in_for_the_evaluation()
    {
        await using var byHand = await AtpHost.StartAsync(stack, Fleet.Shards(1, "EvaluateCollection", "EvaluateShard"));
        await byHand.ImportAsync([TestSite.Line("by-hand", tags: ""), TestSite.Line("by-rule")]);
        var created = await (await byHand.Admin.PostAsJsonAsync("/api/collections", new { name = "Both", rules = new[] { new { tag = "all" } } }))
            .JsonAsync(HttpStatusCode.Created);
        var id = (string)created["id"]!;

        await byHand.Admin.PostAsJsonAsync($"/api/collections/{id}/members/add", new { deviceIds = new[] { "by-hand" } });

        var waiting = await byHand.GetJsonAsync($"/api/collections/{id}");
        Assert.Equal((1, 0), ((int)waiting["members"]!, (int)waiting["evaluation"]!["shardsDone"]!));
        await byHand.DeliverAsync(Queues.CollectionEvaluation);
        await byHand.DeliverAsync(Queues.CollectionShards);
        Assert.Equal(["by-hand", "by-rule"], await byHand.MembersAsync(id));
        var evaluated = await byHand.GetJsonAsync($"/api/collections/{id}");
        Assert.Equal((2, 1), ((int)evaluated["members"]!, (int)evaluated["evaluation"]!["shardsDone"]!));
    }

    [Fact]
    public async Task A_device_in_ninety_collections_is_refused_and_the_others_are_counted()
    {
        await host.ImportAsync([TestSite.Line("full"), .. Enumerable.Range(0, 40).Select(i => TestSite.Line($"device-{i:D2}"))]);
        for (var i = 0; i < 90; i++)
        {
            var other = (string)(await (await host.Admin.PostAsJsonAsync("/api/collections", new { name = $"Collection {i}" })).JsonAsync(HttpStatusCode.Created))["id"]!;
            await host.Admin.PostAsJsonAsync($"/api/collections/{other}/members/add", new { deviceIds = new[] { "full" } });
        }

        var answer = await host.Admin.PostAsJsonAsync($"/api/collections/{collection}/members/add",
            new { deviceIds = Enumerable.Range(0, 40).Select(i => $"device-{i:D2}").Append("full") });

        var problem = await answer.ProblemAsync(HttpStatusCode.Conflict, "device.too-many-collections");
        Assert.Contains("full", (string)problem["detail"]!, StringComparison.Ordinal);
        Assert.Equal(90, (await host.GetJsonAsync("/api/devices/full"))["collections"]!.AsArray().Count);
        Assert.Equal((await host.MembersAsync(collection)).Count, await host.MemberCountAsync(collection));
    }

    [Fact]
    public async Task Members_come_in_pages_and_each_once()
    {
        var ids = Enumerable.Range(0, 37).Select(i => $"device-{i:D2}").ToList();
        await host.ImportAsync(ids.Select(id => TestSite.Line(id)));
        await ChangeAsync("add", ids);

        var listed = await host.ListAsync($"/api/collections/{collection}/members?pageSize=5");

        Assert.Equal(ids, listed.Select(m => (string)m["deviceId"]!).Order(StringComparer.Ordinal));
        Assert.Equal(5, (await host.GetJsonAsync($"/api/collections/{collection}/members?pageSize=5"))["value"]!.AsArray().Count);
    }

    public static TheoryData<string, string, string> BadChanges => new()
    {
        { """{"deviceIds":[]}""", "members.count", "deviceIds" },
        { $$"""{"deviceIds":[{{string.Join(',', Enumerable.Range(0, 10_001).Select(i => $"\"d{i}\""))}}]}""", "members.count", "deviceIds" },
        { """{"deviceIds":["fine","has space"]}""", "device.id-invalid", "deviceIds[1]" },
        { """{"deviceIds":["fine",null]}""", "device.id-invalid", "deviceIds[1]" },
        { """{"deviceIds":null}""", "body.value-invalid", "deviceIds" },
        { "{}", "body.field-missing", "deviceIds" },
        { """{"deviceIds":["fine"],"force":true}""", "body.unknown-field", "force" },
    };

    [Theory]
    [MemberData(nameof(BadChanges))]
    public async Task A_bad_change_is_refused_by_field_and_changes_nothing(string body, string code, string field)
    {
        await host.ImportAsync([TestSite.Line("fine")]);
        foreach (var verb in new[] { "add", "remove" })
        {
            using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
            await (await host.Admin.PostAsync($"/api/collections/{collection}/members/{verb}", content))
                .ProblemAsync(HttpStatusCode.BadRequest, code, field);
        }

        Assert.Equal(["fine"], await host.FleetKeysAsync());
    }

    [Theory]
    [InlineData("add")]
    [InlineData("remove")]
    public async Task Members_of_an_unknown_collection_are_not_found(string verb)
    {
        await (await host.Admin.PostAsJsonAsync($"/api/collections/nowhere/members/{verb}", new { deviceIds = new[] { "a" } }))
            .ProblemAsync(HttpStatusCode.NotFound, "collection.not-found");
        await (await host.Admin.GetAsync("/api/collections/nowhere/members")).ProblemAsync(HttpStatusCode.NotFound, "collection.not-found");
    }

    private async Task<JsonObject> ChangeAsync(string verb, IEnumerable<string> deviceIds) =>
        await (await host.Admin.PostAsJsonAsync($"/api/collections/{collection}/members/{verb}", new { deviceIds })).JsonAsync();
}
