using System.Net;
using System.Text.Json.Nodes;

namespace Atp.Functions.Tests.Http;

/// <summary>If-Match, ETags and lists.</summary>
public sealed class ConventionTests(TestStack stack) : IAsyncLifetime
{
    private AtpHost host = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        host = await AtpHost.StartAsync(stack, new AtpHostOptions { Functions = [typeof(TestFunctions)] });

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task A_change_from_a_revision_answers_with_the_next_ones_etag()
    {
        using var answer = await ChangeAsync("\"3\"");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("\"4\"", answer.Headers.ETag?.Tag);
    }

    [Fact]
    public async Task A_change_from_no_revision_is_refused() =>
        await (await ChangeAsync(null)).ProblemAsync(HttpStatusCode.PreconditionRequired, "request.if-match-missing");

    [Theory]
    [InlineData("*")]
    [InlineData("3")]
    [InlineData("W/\"3\"")]
    [InlineData("\"3\", \"4\"")]
    [InlineData("\"-3\"")]
    [InlineData("\"99999999999\"")]
    [InlineData("\"\"")]
    public async Task A_change_from_what_is_no_revision_is_refused(string ifMatch) =>
        await (await ChangeAsync(ifMatch)).ProblemAsync(HttpStatusCode.BadRequest, "request.if-match-invalid", "If-Match");

    [Fact]
    public async Task Next_links_lead_through_the_whole_list_and_keep_what_else_was_asked()
    {
        var numbers = new List<int>();
        string? next = "/api/test/numbers?pageSize=90&scope=os!Windows%2010";
        while (next is not null)
        {
            Assert.Contains("scope=os!Windows%2010", next, StringComparison.Ordinal);
            var page = await (await host.Admin.GetAsync(next, Stop)).JsonAsync();
            numbers.AddRange(page["value"]!.AsArray().Select(n => (int)n!));
            next = (string?)page["nextLink"];
        }

        Assert.Equal(Enumerable.Range(1, 250), numbers);
    }

    [Fact]
    public async Task A_page_has_a_hundred_items_by_default()
    {
        var page = await (await host.Admin.GetAsync("/api/test/numbers", Stop)).JsonAsync();

        Assert.Equal(100, page["value"]!.AsArray().Count);
    }

    [Theory]
    [InlineData("pageSize=0", "list.page-size-invalid", "pageSize")]
    [InlineData("pageSize=1001", "list.page-size-invalid", "pageSize")]
    [InlineData("pageSize=ten", "list.page-size-invalid", "pageSize")]
    [InlineData("pageSize=-1", "list.page-size-invalid", "pageSize")]
    [InlineData("continuation=ten", "list.continuation-invalid", "continuation")]
    [InlineData("continuation=-1", "list.continuation-invalid", "continuation")]
    public async Task A_bad_page_is_refused(string query, string code, string field) =>
        await (await host.Admin.GetAsync($"/api/test/numbers?{query}", Stop)).ProblemAsync(HttpStatusCode.BadRequest, code, field);

    [Theory]
    [InlineData("/api/devices?continuation=%21%21")]
    [InlineData("/api/devices?continuation=ZnohYQ")]
    [InlineData("/api/policies?continuation=x")]
    [InlineData("/api/deployments?continuation=x")]
    [InlineData("/api/collections?continuation=x")]
    public async Task A_continuation_that_is_none_of_ours_is_refused_by_every_list(string address) =>
        await (await host.Admin.GetAsync(address, Stop)).ProblemAsync(HttpStatusCode.BadRequest, "list.continuation-invalid", "continuation");

    [Theory]
    [InlineData("from=yesterday", "query.time-invalid", "from")]
    [InlineData("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "health.range-invalid", "from")]
    public async Task A_time_in_the_query_that_is_none_is_refused(string query, string code, string field) =>
        await (await host.Admin.GetAsync($"/api/health/history?{query}", Stop)).ProblemAsync(HttpStatusCode.BadRequest, code, field);

    private async Task<HttpResponseMessage> ChangeAsync(string? ifMatch)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, "/api/test/things");
        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        return await host.Admin.SendAsync(request, Stop);
    }
}
