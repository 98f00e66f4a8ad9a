using System.Net;
using System.Net.Http.Json;
using System.Text;
using Atp.Core.Storage;
using Atp.Functions.Tests.Devices;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Collections;

/// <summary>Collections as things that administrators create, change and delete.</summary>
public sealed class CollectionTests(TestStack stack) : IAsyncLifetime
{
    private AtpHost host = null!;

    public async ValueTask InitializeAsync() => host = await AtpHost.StartAsync(stack, Fleet.Shards(2));

    public ValueTask DisposeAsync() => host.DisposeAsync();

    public static TheoryData<string, string, string> BadBodies => new()
    {
        { """{"name":""}""", "name", "" },
        { """{"name":"   "}""", "name", "" },
        { $$"""{"name":"{{new string('x', 300)}}"}""", "name", "" },
        { """{"description":"no name"}""", "name", "" },
        { $$"""{"name":"X","description":"{{new string('x', 5_000)}}"}""", "description", "" },
        { """{"name":"X","colour":"red"}""", "colour", "body.unknown-field" },
        { """{"name":"X","rules":[{"colour":"red"}]}""", "rules[0].colour", "body.unknown-field" },
        { """{"name":"X","rules":[{}]}""", "rules[0]", "collection.rule-empty" },
        { """{"name":"X","rules":[{"tag":"a"},null]}""", "rules[1]", "collection.rule-empty" },
        { """{"name":"X","rules":[{"tag":""}]}""", "rules[0].tag", "collection.rule-invalid" },
        { $$"""{"name":"X","rules":[{"namePattern":"{{new string('x', 257)}}"}]}""", "rules[0].namePattern", "collection.rule-invalid" },
        { """{"name":"X","rules":[{"operatingSystem":"a\u0007"}]}""", "rules[0].operatingSystem", "collection.rule-invalid" },
        { $$"""{"name":"X","rules":[{{string.Join(',', Enumerable.Repeat("{\"tag\":\"a\"}", 51))}}]}""", "rules", "collection.too-many-rules" },
        { """{"name":"X","rules":"all"}""", "rules", "" },
    };

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task A_bad_collection_is_refused_by_field_and_nothing_is_stored(string body, string field, string code)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");

        var problem = await (await host.Admin.PostAsync("/api/collections", content)).BadRequestAsync(field);

        Assert.True(code.Length == 0 || code == (string)problem["code"]!, $"{problem["code"]}");
        Assert.Empty(await host.RowsAsync(TableNames.Collections));
        Assert.Empty(await host.TakeAllAsync(Queues.CollectionEvaluation));
    }

    [Fact]
    public async Task Two_collections_may_have_one_name_and_are_told_apart_by_id()
    {
        var first = await host.CreateCollectionAsync("Pilot", new { tag = "a" });
        var second = await host.CreateCollectionAsync("Pilot", new { tag = "b" });

        Assert.NotEqual(first, second);
        Assert.Equal(2, (await host.ListAsync("/api/collections")).Count(c => (string)c["name"]! == "Pilot"));
    }

    [Fact]
    public async Task A_repeated_request_meets_its_own_collection_and_another_body_is_refused()
    {
        using var client = host.Client(AtpHost.AllRoles);
        client.DefaultRequestHeaders.Add("Repeatability-Request-ID", Guid.NewGuid().ToString());

        var first = await (await client.PostAsJsonAsync("/api/collections", new { name = "Once" })).JsonAsync(HttpStatusCode.Created);
        var second = await (await client.PostAsJsonAsync("/api/collections", new { name = "Once" })).JsonAsync(HttpStatusCode.Created);
        await (await client.PostAsJsonAsync("/api/collections", new { name = "Twice" }))
            .ProblemAsync(HttpStatusCode.UnprocessableEntity, "request.repeated-with-other-body");

        Assert.Equal((string)first["id"]!, (string)second["id"]!);
        Assert.Single(await host.ListAsync("/api/collections"));
    }

    [Fact]
    public async Task A_change_needs_the_revision_that_it_was_made_from()
    {
        var id = await host.CreateCollectionAsync("Pilot", new { tag = "a" });
        var address = $"/api/collections/{id}";

        await (await host.ChangeAsync(HttpMethod.Patch, address, null, new { name = "X" })).ProblemAsync(HttpStatusCode.PreconditionRequired, "request.if-match-missing");
        await (await host.ChangeAsync(HttpMethod.Delete, address, null)).ProblemAsync(HttpStatusCode.PreconditionRequired, "request.if-match-missing");
        using var changed = await host.ChangeAsync(HttpMethod.Patch, address, 1, new { name = "Changed" });
        await changed.JsonAsync();
        Assert.Equal("\"2\"", changed.Headers.ETag?.Tag);
        await (await host.ChangeAsync(HttpMethod.Patch, address, 1, new { name = "Late" })).ProblemAsync(HttpStatusCode.PreconditionFailed, "collection.changed");
        await (await host.ChangeAsync(HttpMethod.Delete, address, 1)).ProblemAsync(HttpStatusCode.PreconditionFailed, "collection.changed");

        var now = await host.GetJsonAsync(address);
        Assert.Equal(("Changed", 2, "a"), ((string)now["name"]!, (int)now["revision"]!, (string)now["rules"]![0]!["tag"]!));
    }

    [Fact]
    public async Task Evaluation_in_the_background_never_changes_the_etag()
    {
        await host.ImportAsync([TestSite.Line("device-1")]);
        var id = await host.CreateCollectionAsync("Pilot", new { tag = "all" });

        using var answer = await host.Admin.GetAsync($"/api/collections/{id}");

        Assert.Equal("\"1\"", answer.Headers.ETag?.Tag);
        Assert.Equal(1, (int)(await answer.JsonAsync())["members"]!);
    }

    [Fact]
    public async Task A_bad_change_is_refused_by_field_and_the_collection_stays()
    {
        var id = await host.CreateCollectionAsync("Pilot", new { tag = "a" });

        await (await host.ChangeAsync(HttpMethod.Patch, $"/api/collections/{id}", 1, new { name = "" })).BadRequestAsync("name");
        await (await host.ChangeAsync(HttpMethod.Patch, $"/api/collections/{id}", 1, new { rules = new[] { new { } } })).BadRequestAsync("rules[0]");
        await (await host.ChangeAsync(HttpMethod.Patch, $"/api/collections/{id}", 1, new { colour = "red" })).BadRequestAsync("colour");

        Assert.Equal(1, (int)(await host.GetJsonAsync($"/api/collections/{id}"))["revision"]!);
    }

    [Theory]
    [InlineData("nowhere")]
    [InlineData("it's")]
    [InlineData("a%23b")]
    [InlineData("a%3Fb")]
    [InlineData("a%5Cb")]
    [InlineData("a%2Fb")]
    [InlineData("%07")]
    public async Task An_unknown_collection_is_not_found_whatever_its_id_looks_like(string id)
    {
        foreach (var answer in new[]
        {
            await host.Admin.GetAsync($"/api/collections/{id}"),
            await host.ChangeAsync(HttpMethod.Patch, $"/api/collections/{id}", 1, new { name = "X" }),
            await host.ChangeAsync(HttpMethod.Delete, $"/api/collections/{id}", 1),
        })
        {
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_collection_that_is_deleted_goes_with_its_index_and_the_devices_stay()
    {
        await host.ImportAsync(Enumerable.Range(0, 150).Select(i => TestSite.Line($"device-{i:D3}")));
        var id = await host.CreateCollectionAsync("Pilot", new { tag = "all" });
        Assert.Equal(150, await host.MemberCountAsync(id));

        Assert.Equal(HttpStatusCode.NoContent, (await host.ChangeAsync(HttpMethod.Delete, $"/api/collections/{id}", 1)).StatusCode);

        await (await host.Admin.GetAsync($"/api/collections/{id}")).ProblemAsync(HttpStatusCode.NotFound, "collection.not-found");
        Assert.Empty(await host.ListAsync("/api/collections"));
        await Eventually.TrueAsync(async () => (await host.RowsAsync(TableNames.Collections)).Count == 0);
        Assert.Equal(150, (await host.FleetKeysAsync()).Count);
        Assert.DoesNotContain(await host.FleetKeysAsync(), key => key[0] == '!');
        Assert.Empty(await host.RowsAsync(TableNames.CollectionShards));
        Assert.Empty((await host.GetJsonAsync("/api/devices/device-001"))["collections"]!.AsArray());
    }

    [Fact]
    public async Task A_collection_is_not_deleted_while_a_deployment_to_it_is_in_force()
    {
        await host.ImportAsync([TestSite.Line("device-1")]);
        var id = await host.CreateCollectionAsync("Pilot", new { tag = "all" });
        var deployment = await host.DeployAsync((string)(await host.CreatePolicyAsync())["id"]!, id);
        await host.ActiveAsync(deployment);

        var problem = await (await host.ChangeAsync(HttpMethod.Delete, $"/api/collections/{id}", 1)).ProblemAsync(HttpStatusCode.Conflict, "collection.deployed");
        Assert.Contains(deployment, (string)problem["detail"]!, StringComparison.Ordinal);
        Assert.Equal(["device-1"], await host.MembersAsync(id));

        await host.Admin.PostAsJsonAsync($"/api/deployments/{deployment}/end", new { reason = "over" });
        Assert.Equal(HttpStatusCode.NoContent, (await host.ChangeAsync(HttpMethod.Delete, $"/api/collections/{id}", 1)).StatusCode);
        await Eventually.TrueAsync(async () => (await host.RowsAsync(TableNames.Collections)).Count == 0);
    }
}
