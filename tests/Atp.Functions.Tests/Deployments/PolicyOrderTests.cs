using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Atp.Core.Errors;
using Atp.Core.Policies;
using Atp.Core.Requests;
using Atp.Core.Storage;
using Atp.Functions.Tests.Devices;
using Atp.Functions.Tests.Http;
using Azure.Data.Tables;

namespace Atp.Functions.Tests.Deployments;

/// <summary>Increase, decrease, and what changes for whom before it is done.</summary>
public sealed class PolicyOrderTests(TestStack stack)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_policy_exchanges_its_place_with_its_neighbour_and_makes_no_revision()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        var policies = await CreateAsync(host, "A", "B", "C");

        var moved = await (await MoveAsync(host, policies["C"], "Increase")).JsonAsync();

        Assert.Equal((2, 1), ((int)moved["order"]!, (int)moved["revision"]!));
        Assert.Equal([("A", 1, 1), ("C", 2, 1), ("B", 3, 1)], await OrderAsync(host));
        await (await MoveAsync(host, policies["A"], "Decrease")).JsonAsync();
        Assert.Equal([("C", 1, 1), ("A", 2, 1), ("B", 3, 1)], await OrderAsync(host));
        Assert.Single(await host.ListAsync($"/api/policies/{policies["A"]}/revisions"));
        var audited = await host.AuditedAsync("policy.move");
        Assert.Equal(
            new[] { policies["A"], policies["C"] }.Order(StringComparer.Ordinal), audited.Select(a => a.GetString("Subject")).Order(StringComparer.Ordinal));
        Assert.All(audited, a => Assert.Equal("Test Admin", a.GetString("CallerName")));
    }

    [Fact]
    public async Task The_first_can_not_go_up_nor_the_last_down_and_a_change_names_the_revision_it_starts_from()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        var policies = await CreateAsync(host, "A", "B");

        await (await MoveAsync(host, policies["A"], "Increase")).ProblemAsync(HttpStatusCode.Conflict, "policy.order-first");
        await (await MoveAsync(host, policies["B"], "Decrease")).ProblemAsync(HttpStatusCode.Conflict, "policy.order-last");
        await (await MoveAsync(host, policies["B"], "Increase", revision: null)).ProblemAsync((HttpStatusCode)428, "request.if-match-missing");
        await (await MoveAsync(host, policies["B"], "Increase", revision: 2)).ProblemAsync(HttpStatusCode.PreconditionFailed, "policy.changed");
        await (await MoveAsync(host, Guid.NewGuid().ToString(), "Increase")).ProblemAsync(HttpStatusCode.NotFound, "policy.not-found");
        await (await MoveAsync(host, policies["B"], "Sideways")).ProblemAsync(HttpStatusCode.BadRequest, "body.value-invalid", "move");
        Assert.Equal([("A", 1, 1), ("B", 2, 1)], await OrderAsync(host));
    }

    [Theory]
    [InlineData("Increase")]
    [InlineData("Decrease")]
    public async Task Policies_that_shared_a_number_end_up_strictly_in_the_order_that_was_asked_for(string move)
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        await host.ImportAsync([TestSite.Line("device-1")]);
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });
        var policies = await CreateAsync(host, "A", "B", "C");
        foreach (var name in new[] { "B", "C" })
        {
            await (await host.ChangeAsync(HttpMethod.Patch, $"/api/policies/{policies[name]}", 1, new { order = 1 })).JsonAsync();
        }

        var shared = (await OrderAsync(host)).Select(p => p.Name).ToList();
        var (moved, passed) = move == "Increase" ? (shared[1], shared[0]) : (shared[1], shared[2]);
        var (winner, loser) = move == "Increase" ? (moved, passed) : (passed, moved);
        await host.DeployAllTheSameAsync(policies[winner], collection);
        await host.DeployAllTheSameAsync(policies[loser], collection); // the newer one wins as long as they share a number
        var device = await host.EnrollAsync("device-1");

        var revision = (await OrderAsync(host)).Single(p => p.Name == moved).Revision;
        await (await MoveAsync(host, policies[moved], move, revision)).JsonAsync();

        var after = await OrderAsync(host);
        Assert.True(after.Single(p => p.Name == winner).Order < after.Single(p => p.Name == loser).Order, string.Join(' ', after));
        Assert.Equal(
            move == "Increase" ? [shared[1], shared[0], shared[2]] : [shared[0], shared[2], shared[1]], after.Select(p => p.Name));
        var holds = (string)(await device.CheckInAsync())["instructions"]!["deploymentId"]!;
        Assert.Equal(policies[winner], (string)(await host.GetJsonAsync($"/api/deployments/{holds}"))["policyId"]!);
    }

    [Fact]
    public async Task The_preview_says_what_the_check_ins_then_say()
    {
        await using var host = await AtpHost.StartAsync(stack, Previews.Version2107);
        await host.ImportAsync([.. Previews.MixedFleet, TestSite.Line("first", tags: "\"all\",\"first\""), TestSite.Line("only-second", tags: "\"second\"")]);
        var policies = await CreateAsync(host, "First", "Second");
        var bare = await host.CreatePolicyAsync("Third", workspaceId: null).IdAsync();
        var last = await host.CreatePolicyAsync("Last").IdAsync();
        var all = await host.CreateCollectionAsync("All", new { tag = "all" });
        await host.DeployAllTheSameAsync(policies["First"], await host.CreateCollectionAsync("First", new { tag = "first" }));
        var second = await host.DeployAllTheSameAsync(policies["Second"], all, await host.CreateCollectionAsync("Second", new { tag = "second" }));
        var third = await host.DeployAllTheSameAsync(bare, all);
        await host.DeployAllTheSameAsync(last, all);
        var devices = new List<TestDevice>();
        foreach (var id in (await host.MembersAsync(all)).Append("only-second"))
        {
            devices.Add(await host.EnrollAsync(id));
        }

        var before = await HeldByAsync(devices);
        var rows = await host.RowsAsync([.. TableNames.Own, .. TableNames.Reporting]);
        var preview = await PreviewAsync(host, bare, "Increase");
        Assert.Equal(rows, await host.RowsAsync([.. TableNames.Own, .. TableNames.Reporting]));
        await (await MoveAsync(host, bare, "Increase")).JsonAsync();
        var after = await HeldByAsync(devices);

        var changed = before.Keys.Where(id => before[id].DeploymentId != after[id].DeploymentId).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(9, changed.Count); // neither the one that the first policy holds nor the one that the third doesn't target
        Assert.Equal((changed.Count, 4, 0), ((int)preview["devices"]!, (int)preview["newlyFailing"]!, (int)preview["noLongerFailing"]!));
        Assert.Equal(4, changed.Count(id => before[id].Action == "Onboard" && after[id].Action == "None"));
        Assert.Equal([("Second", 2, 3), ("Third", 3, 2)],
            preview["orders"]!.AsArray().Select(o => ((string)o!["policyName"]!, (int)o["from"]!, (int)o["to"]!)).Order());
        var change = Assert.Single(preview["changes"]!.AsArray())!;
        Assert.Equal((second, third), ((string)change["from"]!["deploymentId"]!, (string)change["to"]!["deploymentId"]!));
        Assert.Equal((9, (4, 4, 1), 4, 0),
            ((int)change["devices"]!, change.Platforms(), (int)change["newlyFailing"]!, (int)change["noLongerFailing"]!));
        Assert.Equal(5, change.Sampled().Count);
        Assert.Empty(change.Sampled().Except(changed));
        Assert.All(change["sample"]!.AsArray(), d => Assert.Equal(((string)d!["deviceId"]!).ToUpperInvariant(), (string)d["name"]!));

        var back = await PreviewAsync(host, bare, "Decrease");
        Assert.Equal((9, 0, 4), ((int)back["devices"]!, (int)back["newlyFailing"]!, (int)back["noLongerFailing"]!));
        // A move between policies that target the same devices nowhere first changes nothing for anybody.
        Assert.Equal(0, (int)(await PreviewAsync(host, last, "Increase"))["devices"]!);
    }

    [Fact]
    public async Task Devices_need_not_apply_anything_again_because_of_an_order_that_came_and_went()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        await host.ImportAsync([TestSite.Line("device-1")]);
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });
        var policies = await CreateAsync(host, "A", "B");
        var first = await host.DeployAllTheSameAsync(policies["A"], collection);
        await host.DeployAllTheSameAsync(policies["B"], collection);
        var device = await host.EnrollAsync("device-1");
        await device.ObeyAsync();
        await device.IngestedAsync();

        await (await MoveAsync(host, policies["B"], "Increase")).JsonAsync();
        await (await MoveAsync(host, policies["B"], "Decrease")).JsonAsync();

        await host.RollUpAsync();
        Assert.Equal(1, (int)(await host.GetJsonAsync($"/api/deployments/{first}"))["statuses"]!["success"]!);
        await device.CheckInAsync();
        Assert.Equal(1, (await host.Table(TableNames.Fleet).GetEntityAsync<TableEntity>("00", $"device-1!{first}", cancellationToken: Stop)).Value.GetInt32("FetchCount"));
    }

    [Fact]
    public async Task Of_two_moves_at_once_one_wins_and_the_other_is_stale()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        var policies = await CreateAsync(host, "A", "B", "C");
        var service = host.Get<PolicyService>();
        DomainException? stale = null;

        // Its first request reads the policies, its second writes.
        await host.Tap.InBetweenAsync(1, async () => await (await MoveAsync(host, policies["C"], "Increase")).JsonAsync(), async () =>
            stale = await Assert.ThrowsAsync<DomainException>(() => service.MoveAsync(
                policies["B"], OrderMove.Increase, 1, new ChangeRequest(new Caller("anna", "Anna"), null, "body"), Stop)));

        Assert.Equal((ErrorKind.Stale, "policy.changed"), (stale!.Error.Kind, stale.Error.Code));
        Assert.Equal([("A", 1, 1), ("C", 2, 1), ("B", 3, 1)], await OrderAsync(host));
    }

    [Fact]
    public async Task However_many_move_at_once_no_number_is_lost()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        var policies = await CreateAsync(host, "A", "B", "C", "D");

        var answers = await Task.WhenAll(policies.Values.SelectMany(id => new[] { "Increase", "Decrease", "Increase" }.Select(move => MoveAsync(host, id, move))));

        Assert.Contains(answers, a => a.StatusCode == HttpStatusCode.OK);
        Assert.All(answers, a => Assert.Contains(a.StatusCode, new[] { HttpStatusCode.OK, HttpStatusCode.PreconditionFailed, HttpStatusCode.Conflict }));
        Assert.Equal([1, 2, 3, 4], (await OrderAsync(host)).Select(p => p.Order));
        Assert.Equal(answers.Count(a => a.StatusCode == HttpStatusCode.OK), (await host.AuditedAsync("policy.move")).Count);
    }

    [Fact]
    public async Task A_repeated_move_moves_once()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        var policies = await CreateAsync(host, "A", "B", "C");
        host.Admin.DefaultRequestHeaders.Add("Repeatability-Request-ID", Guid.NewGuid().ToString());

        var first = await (await MoveAsync(host, policies["C"], "Increase")).JsonAsync();
        var repeated = await (await MoveAsync(host, policies["C"], "Increase")).JsonAsync();

        Assert.True(JsonNode.DeepEquals(first, repeated));
        await (await MoveAsync(host, policies["C"], "Decrease")).ProblemAsync(HttpStatusCode.UnprocessableEntity, "request.repeated-with-other-body");
        Assert.Equal(["A", "C", "B"], (await OrderAsync(host)).Select(p => p.Name));
    }

    private static async Task<Dictionary<string, string>> CreateAsync(AtpHost host, params string[] names)
    {
        var ids = new Dictionary<string, string>();
        foreach (var name in names)
        {
            ids[name] = await host.CreatePolicyAsync(name).IdAsync();
        }

        return ids;
    }

    private static Task<HttpResponseMessage> MoveAsync(AtpHost host, string policyId, string move, int? revision = 1) =>
        host.ChangeAsync(HttpMethod.Post, $"/api/policies/{policyId}/order", revision, new { move });

    private static async Task<JsonObject> PreviewAsync(AtpHost host, string policyId, string move) =>
        await (await host.Admin.PostAsJsonAsync($"/api/policies/{policyId}/order/preview", new { move })).JsonAsync();

    private static async Task<List<(string Name, int Order, int Revision)>> OrderAsync(AtpHost host) =>
        [.. (await host.ListAsync("/api/policies")).Select(p => ((string)p["name"]!, (int)p["order"]!, (int)p["revision"]!))];

    private static async Task<Dictionary<string, (string DeploymentId, string Action)>> HeldByAsync(List<TestDevice> devices)
    {
        var held = new Dictionary<string, (string, string)>();
        foreach (var device in devices)
        {
            var instructions = (await device.CheckInAsync())["instructions"]!;
            held[device.Id] = ((string)instructions["deploymentId"]!, (string)instructions["action"]!);
        }

        return held;
    }
}
