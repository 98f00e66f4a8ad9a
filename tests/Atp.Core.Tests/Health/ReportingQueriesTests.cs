using System.Net;
using System.Text;
using Atp.Core.Errors;
using Atp.Core.Health;
using Azure.Core.Pipeline;
using Azure.Data.Tables;

namespace Atp.Core.Tests.Health;

/// <summary>What a query of the feed may take at most, over a storage that has no end: each read gives some rows, and there are always more.</summary>
public sealed class ReportingQueriesTests
{
    private static readonly ReportingQuery Everything = new(ReportingTables.HealthLatest) { Columns = [ReportingTables.Scope] };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1_000, 0, 1, 1_000)]
    [InlineData(400, 0, 3, 1_000)] // storage stops early, where it looks at more than it finds
    [InlineData(0, 0, 10, 0)]
    [InlineData(1_000, 2_500, 4, 1_000)]
    [InlineData(1_000, 1_000_000, 10, 0)]
    public async Task A_page_is_a_thousand_rows_and_ten_reads_at_most(int rowsOfRead, int skip, int reads, int rows)
    {
        using var storage = new Endless(rowsOfRead);

        var page = await storage.Queries().ReadAsync(Everything with { Skip = skip }, Stop);

        Assert.Equal((reads, rows), (storage.Reads, page.Rows.Count));
        Assert.NotNull(page.Continuation);
    }

    [Fact]
    public async Task What_is_left_to_skip_and_to_give_goes_with_the_continuation()
    {
        using var storage = new Endless(1_000);
        var query = Everything with { Skip = 10_500, Top = 1_200 };
        var sizes = new List<int>();
        var first = new List<object>();

        for (string? continuation = null; sizes.Count == 0 || continuation is not null;)
        {
            var page = await storage.Queries().ReadAsync(sizes.Count == 0 ? query : Everything with { Continuation = continuation }, Stop);
            (sizes, continuation) = ([.. sizes, page.Rows.Count], page.Continuation);
            first.AddRange(page.Rows.Take(1).Select(row => row["Scope"]));
        }

        Assert.Equal([0, 1_000, 200], sizes);
        Assert.Equal(["os!00010500", "os!00011500"], first);
    }

    [Theory]
    [InlineData(1_000, true, 11)]
    [InlineData(1_000, false, 11)]
    [InlineData(10, false, 50)]
    public async Task More_than_ten_thousand_rows_are_neither_sorted_nor_counted(int rowsOfRead, bool count, int reads)
    {
        using var storage = new Endless(rowsOfRead);
        var query = Everything with { Count = count, Order = count ? [] : [new ReportingOrder(ReportingTables.AsOf, false)] };

        var refused = await Assert.ThrowsAsync<DomainException>(() => storage.Queries().ReadAsync(query, Stop));

        Assert.Equal("feed.too-many-rows", refused.Error.Code);
        Assert.Equal([count ? "$count" : "$orderby"], refused.Error.Fields.Keys);
        Assert.Equal(reads, storage.Reads);
    }

    [Fact]
    public async Task A_continuation_that_storage_does_not_know_is_refused()
    {
        using var storage = new Endless(1_000);
        var page = await storage.Queries().ReadAsync(Everything, Stop);
        storage.Refuses = true;

        var refused = await Assert.ThrowsAsync<DomainException>(() => storage.Queries().ReadAsync(Everything with { Continuation = page.Continuation }, Stop));

        Assert.Equal("list.continuation-invalid", refused.Error.Code);
    }

    private sealed class Endless(int rowsOfRead) : HttpMessageHandler
    {
        private int given;

        public int Reads { get; private set; }

        public bool Refuses { get; set; }

        public ReportingQueries Queries()
        {
            var table = new TableClient(new Uri("https://atp.table.example"), "healthlatest", new TableSharedKeyCredential("atp", "AAAA"),
                new TableClientOptions { Transport = new HttpClientTransport(new HttpClient(this, disposeHandler: false)) });
            return new ReportingQueries(new HealthTable(table, table, table), TimeProvider.System);
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Reads++;
            if (Refuses)
            {
                return Task.FromResult(new HttpResponseMessage(HttpStatusCode.BadRequest));
            }

            var asked = int.Parse(System.Web.HttpUtility.ParseQueryString(request.RequestUri!.Query)["$top"]!, System.Globalization.CultureInfo.InvariantCulture);
            var rows = Enumerable.Range(given, Math.Min(asked, rowsOfRead))
                .Select(i => $$"""{"Scope":"os!{{i:D8}}","AsOf":"2026-01-31T12:00:00Z","AsOf@odata.type":"Edm.DateTime"}""").ToList();
            given += rows.Count;
            var answer = new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent($$"""{"value":[{{string.Join(',', rows)}}]}""", Encoding.UTF8, "application/json"),
            };
            answer.Headers.Add("x-ms-continuation-NextPartitionKey", "1!8!bGF0ZXN0");
            answer.Headers.Add("x-ms-continuation-NextRowKey", $"1!{given}");
            return Task.FromResult(answer);
        }
    }
}
