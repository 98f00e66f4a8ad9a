using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Atp.Functions.Tests.Devices;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Deployments;

/// <summary>What a page of deployments and of collections says, and what it costs.</summary>
public sealed class DeploymentListTests(TestStack stack)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_list_with_details_says_of_each_what_its_own_address_says()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(2));
        await host.ImportAsync([TestSite.Line("up-1"), TestSite.Line("up-2")]);
        var policy = await host.CreatePolicyAsync("Onboard").IdAsync();
        var collections = new[] { await host.CreateCollectionAsync("All", new { tag = "all" }), await host.CreateCollectionAsync("One", new { namePattern = "UP-1" }) };
        var over = await EndedAsync(host, await host.DeployAsync(policy, collections[0]));
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        var inForce = await host.DeployAsync(policy, collections);
        await host.ActiveAsync(inForce);
        await (await host.EnrollAsync("up-1")).CheckInAsync();
        await host.RollUpAsync();

        var all = await host.ListAsync("/api/deployments?details=true");

        Assert.Equal([inForce, over], all.Select(d => (string)d["id"]!));
        foreach (var deployment in all)
        {
            Assert.True(JsonNode.DeepEquals(await host.GetJsonAsync($"/api/deployments/{deployment["id"]}"), deployment), deployment.ToJsonString());
        }

        Assert.Equal(("Active", "Onboard", "Onboarding"), ((string)all[0]["state"]!, (string)all[0]["policyName"]!, (string)all[0]["policyKind"]!));
        Assert.Equal((2, 2, 2), ((int)all[0]["progress"]!["devices"]!, (int)all[0]["progress"]!["shards"]!, (int)all[0]["progress"]!["shardsDone"]!));
        Assert.Equal((1, 1), ((int)all[0]["statuses"]!["inProgress"]!, (int)all[0]["statuses"]!["unknown"]!));
        Assert.Equal(
            all[0]["collectionIds"]!.AsArray().Select(id => (string)id! == collections[0] ? "All" : "One"),
            all[0]["collectionNames"]!.AsArray().Select(name => (string)name!));
        Assert.Equal(("Ended", "Over."), ((string)all[1]["state"]!, (string)all[1]["endReason"]!));
    }

    [Fact]
    public async Task A_deployment_is_being_placed_until_its_last_shard_is_done()
    {
        await using var host = await AtpHost.StartAsync(stack, new AtpHostOptions { Disabled = ["DeployShard"] });
        await host.ImportAsync([TestSite.Line("up-1")]);
        var deployment = await host.DeployAsync(await host.CreatePolicyAsync().IdAsync(), await host.CreateCollectionAsync("All", new { tag = "all" }));

        var listed = Assert.Single(await host.ListAsync("/api/deployments?details=true&ended=false"));

        Assert.Equal((deployment, "Placing", 0), ((string)listed["id"]!, (string)listed["state"]!, (int)listed["progress"]!["shardsDone"]!));
        Assert.Null(listed["statuses"]);
    }

    [Fact]
    public async Task Those_in_force_and_those_that_have_ended_are_listed_apart()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        var (policy, collection) = (await host.CreatePolicyAsync().IdAsync(), await host.CreateCollectionAsync("All", new { tag = "all" }));
        var over = await EndedAsync(host, await host.DeployAsync(policy, collection));
        var inForce = await host.DeployAsync(policy, collection);

        Assert.Equal([over], (await host.ListAsync("/api/deployments?ended=true")).Select(d => (string)d["id"]!));
        Assert.Equal([inForce], (await host.ListAsync("/api/deployments?ended=false")).Select(d => (string)d["id"]!));
        Assert.Equal(2, (await host.ListAsync($"/api/deployments?policyId={policy}")).Count);
        Assert.Empty(await host.ListAsync("/api/deployments?policyId=another"));
        await (await host.Admin.GetAsync("/api/deployments?ended=perhaps", Stop)).ProblemAsync(HttpStatusCode.BadRequest, "query.flag-invalid", "ended");
    }

    [Fact]
    public async Task A_deleted_policy_and_a_deleted_collection_leave_what_is_known_of_them()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        var (policy, collection) = (await host.CreatePolicyAsync("Gone").IdAsync(), await host.CreateCollectionAsync("All", new { tag = "all" }));
        await host.ImportAsync([TestSite.Line("up-1")]);
        var deployment = await host.DeployAsync(policy, collection);
        await host.ActiveAsync(deployment);
        await host.RollUpAsync();
        await EndedAsync(host, deployment);
        await host.ChangeAsync(HttpMethod.Delete, $"/api/policies/{policy}", 1);
        await host.ChangeAsync(HttpMethod.Delete, $"/api/collections/{collection}", 1);

        var listed = Assert.Single(await host.ListAsync("/api/deployments?details=true"));

        Assert.Equal(("Gone", collection), ((string)listed["policyName"]!, (string)listed["collectionNames"]![0]!));
        Assert.Null(listed["policyKind"]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    public async Task A_page_with_details_costs_a_transaction_each_and_two_for_all(int deployments)
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(4));
        var (policy, collection) = (await host.CreatePolicyAsync().IdAsync(), await host.CreateCollectionAsync("All", new { tag = "all" }));
        for (var i = 0; i < deployments; i++)
        {
            await host.ActiveAsync(await host.DeployAsync(policy, collection));
        }

        await host.GetJsonAsync("/api/deployments?details=true"); // remembers policies and collections
        var before = host.Transactions;
        var page = await host.GetJsonAsync("/api/deployments?details=true&pageSize=100");

        Assert.Equal(deployments, page["value"]!.AsArray().Count);
        Assert.Equal(deployments + 2, host.Transactions - before); // the deployments, and the statuses of all of them
    }

    [Fact]
    public async Task A_page_with_details_has_a_hundred_items_at_most_and_next_links_keep_what_was_asked()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        var (policy, collection) = (await host.CreatePolicyAsync().IdAsync(), await host.CreateCollectionAsync("All", new { tag = "all" }));
        var deployed = new[] { await host.DeployAsync(policy, collection), await host.DeployAsync(policy, collection), await host.DeployAsync(policy, collection) };

        foreach (var list in new[] { "deployments", "collections" })
        {
            await (await host.Admin.GetAsync($"/api/{list}?details=true&pageSize=101", Stop))
                .ProblemAsync(HttpStatusCode.BadRequest, "list.page-size-invalid", "pageSize");
        }

        var paged = await host.ListAsync("/api/deployments?details=true&ended=false&pageSize=2");
        Assert.Equal(deployed.Order(StringComparer.Ordinal), paged.Select(d => (string)d["id"]!).Order(StringComparer.Ordinal));
        Assert.All(paged, d => Assert.NotNull(d["progress"]));
    }

    [Fact]
    public async Task A_list_of_collections_with_details_has_their_members_at_two_transactions_each()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(2));
        await host.ImportAsync([TestSite.Line("up-1"), TestSite.Line("up-2")]);
        await host.CreateCollectionAsync("All", new { tag = "all" });
        await host.CreateCollectionAsync("One", new { namePattern = "UP-1" });

        var before = host.Transactions;
        var all = await host.ListAsync("/api/collections?details=true");

        Assert.Equal((2 * 2) + 1, host.Transactions - before);
        Assert.Equal([("All", 2), ("One", 1)], all.Select(c => ((string)c["name"]!, (int)c["members"]!)));
        foreach (var collection in all)
        {
            Assert.True(JsonNode.DeepEquals(await host.GetJsonAsync($"/api/collections/{collection["id"]}"), collection), collection.ToJsonString());
        }
    }

    private static async Task<string> EndedAsync(AtpHost host, string deployment)
    {
        await (await host.Admin.PostAsJsonAsync($"/api/deployments/{deployment}/end", new { reason = "Over." }, Stop)).JsonAsync();
        return deployment;
    }
}
