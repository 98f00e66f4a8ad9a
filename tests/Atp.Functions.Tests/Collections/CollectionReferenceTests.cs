using System.Net;
using System.Net.Http.Json;
using System.Text;
using Atp.Core.Collections;
using Atp.Core.Requests;
using Atp.Core.Site;
using Atp.Core.Storage;
using Atp.Functions.Tests.Devices;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Collections;

/// <summary>What administrators say of collections that refer to each other, and of the client setting; and what is refused.</summary>
public sealed class CollectionReferenceTests(TestStack stack) : IAsyncLifetime
{
    private AtpHost host = null!;

    public async ValueTask InitializeAsync() => host = await AtpHost.StartAsync(stack, Fleet.Shards(1));

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task What_is_sent_is_shown_and_what_is_not_sent_stays()
    {
        var a = await host.PostCollectionAsync(new { name = "A" });
        var b = await host.PostCollectionAsync(new { name = "B" });
        var c = await host.PostCollectionAsync(new
        {
            name = "C",
            includeCollectionIds = new[] { b, a, b },
            excludeCollectionIds = new[] { b },
            limitingCollectionId = a,
            downLevelAgent = "DefenderClient",
        });
        string[] both = [.. new[] { a, b }.Order(StringComparer.Ordinal)];

        await AssertAsync(both, [b], a, "DefenderClient");
        await host.PatchCollectionAsync(c, new { name = "Renamed" });
        await AssertAsync(both, [b], a, "DefenderClient");
        await host.PatchCollectionAsync(c, new { includeCollectionIds = new[] { a }, limitingCollectionId = b });
        await AssertAsync([a], [b], b, "DefenderClient");
        await host.PatchCollectionAsync(c, new { includeCollectionIds = Array.Empty<string>(), excludeCollectionIds = Array.Empty<string>(), limitingCollectionId = "", downLevelAgent = "MonitoringAgent" });
        await AssertAsync([], [], null, "MonitoringAgent");

        async Task AssertAsync(string[] included, string[] excluded, string? limiting, string agent)
        {
            var listed = (await host.ListAsync("/api/collections")).Single(item => (string)item["id"]! == c);
            foreach (var shown in new[] { await host.GetJsonAsync($"/api/collections/{c}"), listed })
            {
                Assert.Equal(included, shown["includeCollectionIds"]!.AsArray().Select(id => (string)id!));
                Assert.Equal(excluded, shown["excludeCollectionIds"]!.AsArray().Select(id => (string)id!));
                Assert.Equal((limiting, agent), ((string?)shown["limitingCollectionId"], (string?)shown["downLevelAgent"]));
            }
        }
    }

    [Fact]
    public async Task A_collection_that_says_nothing_of_others_refers_to_none_and_keeps_the_Monitoring_Agent()
    {
        var shown = await host.GetJsonAsync($"/api/collections/{await host.PostCollectionAsync(new { name = "Plain" })}");

        Assert.Empty(shown["includeCollectionIds"]!.AsArray());
        Assert.Empty(shown["excludeCollectionIds"]!.AsArray());
        Assert.Null(shown["limitingCollectionId"]);
        Assert.Equal("MonitoringAgent", (string)shown["downLevelAgent"]!);
    }

    public static TheoryData<string, string, string> BadBodies => new()
    {
        { """{"includeCollectionIds":["nowhere"]}""", "includeCollectionIds", "collection.not-found" },
        { """{"excludeCollectionIds":["nowhere"]}""", "excludeCollectionIds", "collection.not-found" },
        { """{"limitingCollectionId":"nowhere"}""", "limitingCollectionId", "collection.not-found" },
        { """{"includeCollectionIds":[null]}""", "includeCollectionIds", "collection.not-found" },
        { """{"includeCollectionIds":["it's/#?"]}""", "includeCollectionIds", "collection.not-found" },
        { $$"""{"includeCollectionIds":[{{Many(21)}}]}""", "includeCollectionIds", "collection.too-many-references" },
        { $$"""{"excludeCollectionIds":[{{Many(21)}}]}""", "excludeCollectionIds", "collection.too-many-references" },
        { """{"includeCollectionIds":"all"}""", "includeCollectionIds", "body.value-invalid" },
        { """{"limitingCollectionId":["all"]}""", "limitingCollectionId", "body.value-invalid" },
        { """{"downLevelAgent":"Both"}""", "downLevelAgent", "body.value-invalid" },
        { """{"downLevelAgent":1}""", "downLevelAgent", "body.value-invalid" },
        { """{"name":"X","excludeCollectionIds":["nowhere"],"limitingCollectionId":"elsewhere"}""", "limitingCollectionId", "" },
    };

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task A_bad_reference_is_refused_by_field_and_nothing_is_stored(string edit, string field, string code)
    {
        var id = await host.PostCollectionAsync(new { name = "A" });
        var before = await host.RowsAsync(TableNames.Collections);
        using var creation = new StringContent("""{"name":"B",""" + edit[1..].Replace("\"name\":\"X\",", "", StringComparison.Ordinal), Encoding.UTF8, "application/json");
        using var change = new HttpRequestMessage(HttpMethod.Patch, $"/api/collections/{id}") { Content = new StringContent(edit, Encoding.UTF8, "application/json") };
        change.Headers.TryAddWithoutValidation("If-Match", "\"1\"");

        foreach (var answer in new[] { await host.Admin.PostAsync("/api/collections", creation), await host.Admin.SendAsync(change) })
        {
            var problem = await answer.BadRequestAsync(field);
            Assert.True(code.Length == 0 || code == (string)problem["code"]!, $"{problem["code"]}");
        }

        Assert.Equal(before, await host.RowsAsync(TableNames.Collections));
    }

    [Theory]
    [InlineData("includeCollectionIds")]
    [InlineData("excludeCollectionIds")]
    [InlineData("limitingCollectionId")]
    public async Task A_collection_does_not_refer_to_itself(string field)
    {
        var id = await host.PostCollectionAsync(new { name = "A" });
        object value = field == "limitingCollectionId" ? id : new[] { id };

        var answer = await host.ChangeAsync(HttpMethod.Patch, $"/api/collections/{id}", 1, new Dictionary<string, object> { [field] = value });

        await answer.ProblemAsync(HttpStatusCode.BadRequest, "collection.refers-to-itself", field);
    }

    [Fact]
    public async Task A_circle_is_refused_with_its_path_by_names()
    {
        var a = await host.PostCollectionAsync(new { name = "A" });
        var b = await host.PostCollectionAsync(new { name = "B", limitingCollectionId = a });
        var c = await host.PostCollectionAsync(new { name = "C", excludeCollectionIds = new[] { b } });

        var two = await (await host.ChangeAsync(HttpMethod.Patch, $"/api/collections/{a}", 1, new { includeCollectionIds = new[] { b } }))
            .ProblemAsync(HttpStatusCode.BadRequest, "collection.cycle", "includeCollectionIds");
        var three = await (await host.ChangeAsync(HttpMethod.Patch, $"/api/collections/{a}", 1, new { limitingCollectionId = c }))
            .ProblemAsync(HttpStatusCode.BadRequest, "collection.cycle", "limitingCollectionId");
        await (await host.ChangeAsync(HttpMethod.Patch, $"/api/collections/{a}", 1, new { excludeCollectionIds = new[] { b } }))
            .ProblemAsync(HttpStatusCode.BadRequest, "collection.cycle", "excludeCollectionIds");

        Assert.Contains("'A' includes 'B', which is limited to 'A'", (string)two["detail"]!, StringComparison.Ordinal);
        Assert.Contains("'A' is limited to 'C', which excludes 'B', which is limited to 'A'", (string)three["detail"]!, StringComparison.Ordinal);
        Assert.Equal(1, (int)(await host.GetJsonAsync($"/api/collections/{a}"))["revision"]!);
    }

    [Fact]
    public async Task A_circle_that_two_edits_at_the_same_moment_made_ends_everywhere_and_can_be_taken_back()
    {
        await using var other = await AtpHost.StartAsync(stack, new AtpHostOptions { Account = host.Account, Clock = host.Clock, Settings = { ["Atp:Site:ShardCount"] = "1" } });
        await host.ImportAsync([TestSite.Line("in-a", tags: "\"a\""), TestSite.Line("in-b", tags: "\"b\"")]);
        var a = await host.CreateCollectionAsync("A", new { tag = "a" });
        var b = await host.CreateCollectionAsync("B", new { tag = "b" });

        // It reads the collection and the site, in four requests; before it writes, the other way round is written.
        await host.Tap.InBetweenAsync(4,
            async () => await (await other.ChangeAsync(HttpMethod.Patch, $"/api/collections/{b}", 1, new { includeCollectionIds = new[] { a } })).JsonAsync(),
            () => host.Get<CollectionService>().UpdateAsync(
                a, new EditCollection { IncludeCollectionIds = [b] }, 1, new ChangeRequest(Caller.Service, null, ""), CancellationToken.None));
        await host.EvaluatedAsync(a);
        await host.EvaluatedAsync(b);

        await host.Get<SiteSnapshots>().ReadAsync(CancellationToken.None);
        await other.Get<SiteSnapshots>().ReadAsync(CancellationToken.None);
        foreach (var instance in new[] { host, other })
        {
            await instance.ImportAsync([TestSite.Line("in-a", tags: "\"a\",\"again\""), TestSite.Line("in-b", tags: "\"b\"")]);
            Assert.Equal(["in-a"], await instance.MembersAsync(a));
            Assert.Equal(["in-b"], await instance.MembersAsync(b));
        }

        await host.PatchCollectionAsync(a, new { name = "Renamed" }); // a circle is no reason to refuse another name
        await host.PatchCollectionAsync(a, new { includeCollectionIds = Array.Empty<string>() });
        await host.EvaluatedAsync(a);
        Assert.Equal(["in-a"], await host.MembersAsync(a));
        Assert.Equal(["in-a", "in-b"], await host.MembersAsync(b));
    }

    [Fact]
    public async Task A_collection_that_another_one_refers_to_is_not_deleted()
    {
        var a = await host.PostCollectionAsync(new { name = "A" });
        var user = await host.PostCollectionAsync(new { name = "User" });
        foreach (var (edit, verb) in new (object, string)[]
        {
            (new { includeCollectionIds = new[] { a } }, "includes"),
            (new { includeCollectionIds = Array.Empty<string>(), excludeCollectionIds = new[] { a } }, "excludes"),
            (new { excludeCollectionIds = Array.Empty<string>(), limitingCollectionId = a }, "is limited to"),
        })
        {
            await host.PatchCollectionAsync(user, edit);
            var problem = await (await host.ChangeAsync(HttpMethod.Delete, $"/api/collections/{a}", 1)).ProblemAsync(HttpStatusCode.Conflict, "collection.in-use");
            Assert.Contains($"'User' ({user}) {verb} this one", (string)problem["detail"]!, StringComparison.Ordinal);
        }

        await host.PatchCollectionAsync(user, new { limitingCollectionId = "" });
        Assert.Equal(HttpStatusCode.NoContent, (await host.ChangeAsync(HttpMethod.Delete, $"/api/collections/{a}", 1)).StatusCode);
    }

    [Fact]
    public async Task A_repeated_request_gets_its_answer_also_when_what_it_refers_to_is_gone()
    {
        var a = await host.PostCollectionAsync(new { name = "A" });
        using var client = host.Client(AtpHost.AllRoles);
        client.DefaultRequestHeaders.Add("Repeatability-Request-ID", Guid.NewGuid().ToString());
        var body = new { name = "B", includeCollectionIds = new[] { a } };
        var b = (string)(await (await client.PostAsJsonAsync("/api/collections", body)).JsonAsync(HttpStatusCode.Created))["id"]!;
        await host.PatchCollectionAsync(b, new { includeCollectionIds = Array.Empty<string>() });
        await host.ChangeAsync(HttpMethod.Delete, $"/api/collections/{a}", 1);

        var repeated = await (await client.PostAsJsonAsync("/api/collections", body)).JsonAsync(HttpStatusCode.Created);

        Assert.Equal(b, (string)repeated["id"]!);
    }

    [Theory]
    [InlineData("1910", false)]
    [InlineData("2107", false)]
    [InlineData("2207", true)]
    public async Task The_Defender_client_is_a_setting_of_sites_from_2207_on(string version, bool accepted)
    {
        await using var site = await AtpHost.StartAsync(stack, new AtpHostOptions { Settings = { ["Atp:Site:ConfigurationManagerVersion"] = version } });
        var id = await site.PostCollectionAsync(new { name = "Servers", downLevelAgent = "MonitoringAgent" });

        var answer = await site.ChangeAsync(HttpMethod.Patch, $"/api/collections/{id}", 1, new { downLevelAgent = "DefenderClient" });

        if (accepted)
        {
            Assert.Equal("DefenderClient", (string)(await answer.JsonAsync())["downLevelAgent"]!);
        }
        else
        {
            var problem = await answer.ProblemAsync(HttpStatusCode.BadRequest, "collection.agent-not-supported", "downLevelAgent");
            Assert.Contains(version, (string)problem["detail"]!, StringComparison.Ordinal);
        }
    }

    private static string Many(int count) => string.Join(',', Enumerable.Range(0, count).Select(i => $"\"c{i}\""));
}
