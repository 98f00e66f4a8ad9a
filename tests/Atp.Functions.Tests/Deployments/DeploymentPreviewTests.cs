using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Atp.Core.Devices;
using Atp.Core.Site;
using Atp.Core.Storage;
using Atp.Functions.Tests.Devices;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Deployments;

/// <summary>What a deployment would come to, before there is one.</summary>
public sealed class DeploymentPreviewTests(TestStack stack)
{
    private static readonly string[] AllTables = [.. TableNames.Own, .. TableNames.Reporting];

    [Fact]
    public async Task Up_level_devices_take_the_configuration_file_and_down_level_ones_the_Workspace_key_and_ID()
    {
        await using var host = await AtpHost.StartAsync(stack, Previews.Version2107);
        await host.ImportAsync(Previews.MixedFleet);
        var policy = await host.CreatePolicyAsync().IdAsync();
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });

        var preview = await host.PreviewAsync(policy, collection);

        Assert.Equal((8, 0, 1, 0, 9), preview.Outcomes());
        Assert.Equal((4, 4, 1), preview.Platforms());
        Assert.Equal(
            [("UpLevel", "DeliverFile", 4), ("DownLevel", "DeliverWorkspace", 4)],
            preview["wouldSucceed"]!["deliveries"]!.AsArray().Select(d => ((string)d!["platform"]!, (string)d["delivery"]!, (int)d["devices"]!)));
        var system = Assert.Single(preview["requirementsNotMet"]!["operatingSystems"]!.AsArray())!;
        Assert.Equal(("Windows 7 SP1", 1), ((string)system["name"]!, (int)system["devices"]!));
        Assert.Equal("WINDOWS-7", (string)preview["requirementsNotMet"]!["sample"]![0]!["name"]!);
        Assert.False(preview.ContainsKey("daysLeft"));
    }

    [Fact]
    public async Task Without_Workspace_key_and_ID_the_down_level_devices_will_not_be_onboarded()
    {
        await using var host = await AtpHost.StartAsync(stack, Previews.Version2107);
        await host.ImportAsync(Previews.MixedFleet);
        var policy = await host.CreatePolicyAsync(workspaceId: null).IdAsync();
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });

        var preview = await host.PreviewAsync(policy, collection);

        Assert.Equal((4, 4, 1, 0, 9), preview.Outcomes());
        var reason = preview.Reason("WorkspaceMissing");
        Assert.Contains("Workspace ID and key are missing and the policy fails there", (string)reason["detail"]!, StringComparison.Ordinal);
        Assert.Equal((0, 4, 0), reason.Platforms());
        Assert.Equal(["server-1709", "server-2012r2", "server-2016", "windows-81"], reason.Sampled().Order(StringComparer.Ordinal));

        var body = new { policyId = policy, collectionIds = new[] { collection } };
        var refused = await (await host.Admin.PostAsJsonAsync("/api/deployments", body))
            .ProblemAsync(HttpStatusCode.Conflict, "deployment.would-fail");
        Assert.True(JsonNode.DeepEquals(preview, refused["preview"]), refused.ToString());
        Assert.Empty(await host.ListAsync("/api/deployments"));

        var deployment = await host.DeployAllTheSameAsync(policy, collection);
        Assert.Equal(4, (int)(await host.GetJsonAsync($"/api/deployments/{deployment}"))["progress"]!["inError"]!);
    }

    [Fact]
    public async Task The_figures_of_a_fleet_that_does_what_it_is_told_are_those_of_the_preview()
    {
        await using var host = await AtpHost.StartAsync(stack, Previews.Version2107);
        await host.ImportAsync([.. Previews.MixedFleet, .. new[] { "foreign", "held-1", "held-2" }.Select(id => TestSite.Line(id, tags: $"\"all\",\"{id[..4]}\""))]);
        var first = await host.CreatePolicyAsync("First").IdAsync();
        var policy = await host.CreatePolicyAsync("Second", workspaceId: null).IdAsync();
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });
        await host.DeployAllTheSameAsync(first, await host.CreateCollectionAsync("Held", new { tag = "held" }));
        var foreign = await host.EnrollAsync("foreign");
        await host.ReportOrganisationAsync(foreign, Guid.NewGuid().ToString());

        var preview = await host.PreviewAsync(policy, collection);
        var deployment = await host.DeployAllTheSameAsync(policy, collection);
        foreach (var id in await host.MembersAsync(collection))
        {
            var device = id == "foreign" ? foreign : await host.EnrollAsync(id);
            host.Clock.Advance(TimeSpan.FromSeconds(1));
            var instructions = (await device.CheckInAsync())["instructions"]!;
            if ((string)instructions["action"]! != "None")
            {
                await device.SendAsync(device.Healthy((string)instructions["deploymentId"]!, (int)instructions["revision"]!,
                    id == "foreign" ? AssignmentResultText.Error : AssignmentResultText.Success));
            }
        }

        await foreign.IngestedAsync();
        await host.RollUpAsync();
        var statuses = (await host.GetJsonAsync($"/api/deployments/{deployment}"))["statuses"]!;
        Assert.Equal((4, 5, 1, 2, 12), preview.Outcomes());
        Assert.Equal(
            (4, 5, 1, 2), ((int)statuses["success"]!, (int)statuses["error"]!, (int)statuses["requirementsNotMet"]!, (int)statuses["superseded"]!));
        Assert.Equal((0, 0), ((int)statuses["unknown"]!, (int)statuses["inProgress"]!));
    }

    [Fact]
    public async Task A_device_in_several_of_the_collections_is_counted_once()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(2));
        await host.ImportAsync([TestSite.Line("both", tags: "\"a\",\"b\""), TestSite.Line("only-a", tags: "\"a\""), TestSite.Line("neither", tags: "\"c\"")]);
        var policy = await host.CreatePolicyAsync().IdAsync();
        var (a, b) = (await host.CreateCollectionAsync("A", new { tag = "a" }), await host.CreateCollectionAsync("B", new { tag = "b" }));

        Assert.Equal((2, 0, 0, 0, 2), (await host.PreviewAsync(policy, a, b, a)).Outcomes());
        Assert.Equal((1, 0, 0, 0, 1), (await host.PreviewAsync(policy, b)).Outcomes());
    }

    [Fact]
    public async Task A_device_that_a_better_order_holds_is_neither_success_nor_failure()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(2));
        await host.ImportAsync(
        [
            TestSite.Line("held-1", tags: "\"all\",\"better\""), TestSite.Line("held-2", 9600, 3, 7, "\"all\",\"better\""),
            TestSite.Line("free", tags: "\"all\",\"worse\""), TestSite.Line("elsewhere", tags: "\"better\""),
        ]);
        var better = await host.CreatePolicyAsync("Better").IdAsync();
        var policy = await host.CreatePolicyAsync("Policy", workspaceId: null).IdAsync();
        var worse = await host.CreatePolicyAsync("Worse").IdAsync();
        var all = await host.CreateCollectionAsync("All", new { tag = "all" });
        var holder = await host.DeployAllTheSameAsync(better, await host.CreateCollectionAsync("Better", new { tag = "better" }));
        await host.DeployAllTheSameAsync(worse, await host.CreateCollectionAsync("Worse", new { tag = "worse" }));
        await host.DeployAllTheSameAsync(policy, all); // an older deployment of the same policy holds nothing against a new one

        var preview = await host.PreviewAsync(policy, all);

        Assert.Equal((1, 0, 0, 2, 3), preview.Outcomes());
        var held = Assert.Single(preview["held"]!["deployments"]!.AsArray())!;
        Assert.Equal((holder, better, "Better", 2), ((string)held["deploymentId"]!, (string)held["policyId"]!, (string)held["policyName"]!, (int)held["devices"]!));
        Assert.Equal(["held-1", "held-2"], preview["held"]!.Sampled().Order(StringComparer.Ordinal));

        await host.Admin.PostAsJsonAsync($"/api/deployments/{holder}/end", new { reason = "Over." }, TestContext.Current.CancellationToken);
        Assert.Equal((2, 1, 0, 0, 3), (await host.PreviewAsync(policy, all)).Outcomes());
    }

    [Fact]
    public async Task Of_many_deployments_that_hold_devices_twenty_are_listed_the_largest_first()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        await host.ImportAsync([.. Enumerable.Range(0, 22).Select(i => TestSite.Line($"device-{i:D2}", tags: $"\"all\",\"t{Math.Min(i, 20)}\""))]);
        var better = await host.CreatePolicyAsync("Better").IdAsync();
        var policy = await host.CreatePolicyAsync("Policy").IdAsync();
        for (var i = 0; i <= 20; i++)
        {
            await host.DeployAllTheSameAsync(better, await host.CreateCollectionAsync($"T{i}", new { tag = $"t{i}" }));
        }

        var held = (await host.PreviewAsync(policy, await host.CreateCollectionAsync("All", new { tag = "all" })))["held"]!;

        Assert.Equal((22, 1), ((int)held["devices"]!, (int)held["deploymentsNotListed"]!));
        Assert.Equal([2, .. Enumerable.Repeat(1, 19)], held["deployments"]!.AsArray().Select(d => (int)d!["devices"]!));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_device_of_another_organisation_would_fail_until_it_has_been_offboarded_there(bool offboarding)
    {
        await using var host = await AtpHost.StartAsync(stack);
        await host.ImportAsync([TestSite.Line("foreign"), TestSite.Line("ours"), TestSite.Line("new")]);
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });
        var policy = offboarding
            ? await host.CreateOffboardingPolicyAsync(host.Clock.GetUtcNow().AddDays(20)).IdAsync()
            : await host.CreatePolicyAsync().IdAsync();
        var foreign = await host.EnrollAsync("foreign");
        var theirs = Guid.NewGuid().ToString();
        await host.ReportOrganisationAsync(foreign, theirs);
        await host.ReportOrganisationAsync(await host.EnrollAsync("ours"), TestSite.OrgId.ToString("B").ToUpperInvariant());

        var preview = await host.PreviewAsync(policy, collection);

        Assert.Equal((2, 1, 0, 0, 3), preview.Outcomes());
        var reason = preview.Reason("AnotherOrganisation");
        Assert.Equal(("foreign", "FOREIGN"), ((string)reason["sample"]![0]!["deviceId"]!, (string)reason["sample"]![0]!["name"]!));
        Assert.Equal(host.Clock.GetUtcNow(), (DateTimeOffset)preview["organisationsAsOf"]!);

        await host.ReportOrganisationAsync(foreign, theirs, onboarded: false);
        Assert.Equal((3, 0, 0, 0, 3), (await host.PreviewAsync(policy, collection)).Outcomes());
    }

    [Fact]
    public async Task Offboarding_removes_the_Monitoring_Agent_from_down_level_devices_and_shows_how_long_the_file_lasts()
    {
        await using var host = await AtpHost.StartAsync(stack, Previews.Version2107);
        await host.ImportAsync(Previews.MixedFleet);
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });
        var policy = await host.CreateOffboardingPolicyAsync(host.Clock.GetUtcNow().AddDays(20.5)).IdAsync();

        var preview = await host.PreviewAsync(policy, collection);

        Assert.Equal((8, 0, 1, 0, 9), preview.Outcomes());
        Assert.Equal(["DeliverFile", "RemoveMonitoringAgent"], preview["wouldSucceed"]!["deliveries"]!.AsArray().Select(d => (string)d!["delivery"]!));
        Assert.Equal(20, (int)preview["daysLeft"]!);

        host.Clock.Advance(TimeSpan.FromDays(20.5));
        preview = await host.PreviewAsync(policy, collection);
        Assert.Equal((0, 8, 1, 0, 9), preview.Outcomes());
        Assert.Equal((4, 4, 0), preview.Reason("Expired").Platforms());
        Assert.Equal(0, (int)preview["daysLeft"]!);
        await (await host.Admin.PostAsJsonAsync("/api/deployments",
                new { policyId = policy, collectionIds = new[] { collection }, acknowledgeFailures = true }, TestContext.Current.CancellationToken))
            .ProblemAsync(HttpStatusCode.Conflict, "policy.expired");
    }

    [Fact]
    public async Task Servers_of_a_collection_with_the_Defender_client_take_the_file_and_need_no_workspace()
    {
        await using var host = await AtpHost.StartAsync(stack);
        await host.ImportAsync(
            [TestSite.Line("server-2016", 14393, 3, 7, "\"all\",\"client\""), TestSite.Line("windows-81", 9600, tags: "\"all\",\"client\""), TestSite.Line("other-2016", 14393, 3, 7)]);
        var policy = await host.CreatePolicyAsync(workspaceId: null).IdAsync();
        var all = await host.CreateCollectionAsync("All", new { tag = "all" });
        var client = await host.CreateCollectionAsync("Defender client", new { tag = "client" });
        Assert.Equal((0, 3, 0, 0, 3), (await host.PreviewAsync(policy, all)).Outcomes());

        await host.PatchCollectionAsync(client, new { downLevelAgent = "DefenderClient" });

        var preview = await host.PreviewAsync(policy, all);
        Assert.Equal((1, 2, 0, 0, 3), preview.Outcomes());
        var delivery = Assert.Single(preview["wouldSucceed"]!["deliveries"]!.AsArray())!;
        Assert.Equal(("DownLevel", "DeliverFile"), ((string)delivery["platform"]!, (string)delivery["delivery"]!));
    }

    [Fact]
    public async Task A_sample_is_the_first_five_by_shard_and_id_and_a_preview_writes_nothing()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(4));
        var ids = Enumerable.Range(0, 40).Select(i => $"server-{i:D2}").ToList();
        await host.ImportAsync(ids.Select(id => TestSite.Line(id, 9600, 3, 7)));
        var policy = await host.CreatePolicyAsync(workspaceId: null).IdAsync();
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });
        var before = await host.RowsAsync(AllTables);

        var preview = await host.PreviewAsync(policy, collection);
        await (await host.Admin.PostAsJsonAsync($"/api/policies/{policy}/order/preview", new { move = "Increase" }, TestContext.Current.CancellationToken))
            .ProblemAsync(HttpStatusCode.Conflict, "policy.order-first");

        var shards = host.Get<ShardMap>();
        Assert.Equal(
            ids.OrderBy(shards.ShardOf, StringComparer.Ordinal).ThenBy(id => id, StringComparer.Ordinal).Take(5),
            preview.Reason("WorkspaceMissing").Sampled());
        Assert.Equal(before, await host.RowsAsync(AllTables));
        foreach (var queue in Queues.All)
        {
            Assert.Empty(await host.TakeAllAsync(queue));
        }
    }

    [Theory]
    [InlineData("""{"policyId":"POLICY","collectionIds":[]}""", "deployment.collections-count", "collectionIds")]
    [InlineData("""{"policyId":"POLICY","collectionIds":["nowhere"]}""", "collection.not-found", "collectionIds")]
    [InlineData("""{"policyId":"nothing","collectionIds":["COLLECTION"]}""", "policy.not-found", "policyId")]
    [InlineData("""{"policyId":"POLICY"}""", "body.field-missing", "collectionIds")]
    [InlineData("""{"policyId":"POLICY","collectionIds":["COLLECTION"],"ring":1}""", "body.unknown-field", "ring")]
    public async Task Bad_input_is_refused_as_it_is_when_deploying(string body, string code, string field)
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        var text = body.Replace("POLICY", await host.CreatePolicyAsync().IdAsync(), StringComparison.Ordinal)
            .Replace("COLLECTION", await host.CreateCollectionAsync("All", new { tag = "all" }), StringComparison.Ordinal);
        var answers = new List<JsonNode?>();
        foreach (var address in new[] { "/api/deployments/preview", "/api/deployments" })
        {
            using var content = new StringContent(text, System.Text.Encoding.UTF8, "application/json");
            var answer = await host.Admin.PostAsync(address, content, TestContext.Current.CancellationToken);
            answers.Add((await answer.ProblemAsync(HttpStatusCode.BadRequest, code, field))["errors"]);
        }

        Assert.True(JsonNode.DeepEquals(answers[0], answers[1]));
    }

    [Fact]
    public async Task Who_may_read_policies_may_preview_and_not_deploy()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        var body = new { policyId = await host.CreatePolicyAsync().IdAsync(), collectionIds = new[] { await host.CreateCollectionAsync("All", new { tag = "all" }) } };
        using var reader = host.Client("Policies.Read");
        using var analyst = host.Client("Health.Read");

        Assert.Equal(0, (int)(await (await reader.PostAsJsonAsync("/api/deployments/preview", body)).JsonAsync())["devices"]!);
        Assert.Equal(HttpStatusCode.Forbidden, (await reader.PostAsJsonAsync("/api/deployments", body, TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await analyst.PostAsJsonAsync("/api/deployments/preview", body, TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task A_repeated_request_gets_its_first_answer_whatever_a_preview_would_say_now()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        await host.ImportAsync([TestSite.Line("up-1")]);
        var body = new
        {
            policyId = await host.CreatePolicyAsync(workspaceId: null).IdAsync(),
            collectionIds = new[] { await host.CreateCollectionAsync("All", new { tag = "all" }) },
        };
        host.Admin.DefaultRequestHeaders.Add("Repeatability-Request-ID", Guid.NewGuid().ToString());
        var first = await (await host.Admin.PostAsJsonAsync("/api/deployments", body)).JsonAsync(HttpStatusCode.Accepted);
        var id = host.Admin.DefaultRequestHeaders.GetValues("Repeatability-Request-ID").Single();
        host.Admin.DefaultRequestHeaders.Remove("Repeatability-Request-ID");

        await host.ImportAsync([TestSite.Line("down-1", 9600, 3, 7)]);
        await (await host.Admin.PostAsJsonAsync("/api/deployments", body, TestContext.Current.CancellationToken))
            .ProblemAsync(HttpStatusCode.Conflict, "deployment.would-fail");
        host.Admin.DefaultRequestHeaders.Add("Repeatability-Request-ID", id);

        var repeated = await (await host.Admin.PostAsJsonAsync("/api/deployments", body)).JsonAsync(HttpStatusCode.Accepted);
        Assert.Equal((string)first["id"]!, (string)repeated["id"]!);
        await (await host.Admin.PostAsJsonAsync("/api/deployments", new { body.policyId, body.collectionIds, acknowledgeFailures = true }, TestContext.Current.CancellationToken))
            .ProblemAsync(HttpStatusCode.UnprocessableEntity, "request.repeated-with-other-body");
    }

    [Fact]
    public async Task A_preview_of_ten_thousand_members_stays_within_its_budget()
    {
        const int Shards = 64;
        const int Members = 10_000;
        const int Ranges = 3; // the two collections, and that of a better order
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(Shards));
        await host.ImportAsync(Enumerable.Range(0, Members).Select(i =>
            TestSite.Line($"device-{i:D5}", i % 10 == 0 ? 9600 : i % 10 == 1 ? 7601 : 19045, tags: i % 10 == 2 ? "\"all\",\"held\"" : "\"all\"")));
        var better = await host.CreatePolicyAsync().IdAsync();
        var policy = await host.CreatePolicyAsync(workspaceId: null).IdAsync();
        var collections = new[]
        {
            await host.CreateCollectionAsync("All", new { tag = "all" }), await host.CreateCollectionAsync("Windows 10", new { operatingSystem = "Windows 10*" }),
        };
        await host.DeployAllTheSameAsync(better, await host.CreateCollectionAsync("Held", new { tag = "held" }));
        await host.Get<SiteSnapshots>().ReadAsync(CancellationToken.None);

        var before = host.Transactions;
        var preview = await host.PreviewAsync(policy, collections);
        var cost = host.Transactions - before;

        Assert.Equal((7_000, 1_000, 1_000, 1_000, Members), preview.Outcomes());
        Assert.InRange(cost, Shards * Ranges, (Shards * Ranges) + (Members / 1000 * Ranges) + 30);
        TestContext.Current.TestOutputHelper?.WriteLine($"{cost} transactions");
    }
}
