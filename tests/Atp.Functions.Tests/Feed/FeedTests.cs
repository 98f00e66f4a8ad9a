using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Atp.Core.Storage;
using Atp.Functions.Tests.Http;
using Azure.Data.Tables;
using Microsoft.OData.Edm;
using Microsoft.OData.Edm.Vocabularies;
using Microsoft.OData.Edm.Vocabularies.V1;

namespace Atp.Functions.Tests.Feed;

/// <summary>The feed that Power BI and others read in place of the tables: what it says is what stands in them.</summary>
public sealed class FeedTests(FeedSite site) : IClassFixture<FeedSite>
{
    private static readonly string[] OfStorage = ["odata.etag", "PartitionKey", "RowKey", "Timestamp"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>A query, and what it comes to by the rows as they are stored.</summary>
    private static readonly Dictionary<string, Func<FeedSite, IEnumerable<TableEntity>, IEnumerable<TableEntity>>> Queries = new()
    {
        ["healthlatest"] = (_, rows) => rows,
        ["deploymentlatest"] = (_, rows) => rows,
        ["healthhistory"] = (_, rows) => rows,
        ["healthlatest?$filter=Scope eq 'site'"] = (_, rows) => rows.Where(r => Scope(r) == "site"),
        ["healthlatest?$filter='site' eq Scope"] = (_, rows) => rows.Where(r => Scope(r) == "site"),
        ["healthlatest?$filter=not (Scope eq 'site' or Devices gt 1) and Targeted ge 1"] = (_, rows) =>
            rows.Where(r => !(Scope(r) == "site" || Number(r, "Devices") > 1) && Number(r, "Targeted") >= 1),
        ["healthlatest?$filter=ScopeKind in ('os','platform') and not startswith(Scope,'os!Windows 1')"] = (_, rows) =>
            rows.Where(r => r.GetString("ScopeKind") is "os" or "platform" && !Scope(r).StartsWith("os!Windows 1", StringComparison.Ordinal)),
        ["healthlatest?$filter=not (Scope in ('site'))&$orderby=Devices desc,ScopeName"] = (_, rows) => rows.Where(r => Scope(r) != "site")
            .OrderByDescending(r => Number(r, "Devices")).ThenBy(r => r.GetString("ScopeName"), StringComparer.Ordinal),
        ["healthlatest?$filter=2 le Devices and Devices lt 4L&$orderby=Scope"] = (_, rows) => rows.Where(r => Number(r, "Devices") is >= 2 and < 4),
        ["healthlatest?$orderby=Scope desc&$top=3&$skip=1"] = (_, rows) => rows.OrderByDescending(Scope, StringComparer.Ordinal).Skip(1).Take(3),
        ["healthlatest?$top=0&$count=true"] = (_, rows) => rows.Take(0),
        ["healthlatest?$skip=3&$top=2"] = (_, rows) => rows.Skip(3).Take(2),
        ["healthlatest?$skip=1000000"] = (_, rows) => rows.Skip(1_000_000),
        ["healthlatest?$select=Scope,Devices&$filter=Scope ne 'site'"] = (_, rows) => rows.Where(r => Scope(r) != "site"),
        ["deploymentlatest?$filter=PolicyName eq 'O''Neill''s \u00e9t\u00e9' and Unknown gt 0"] = (_, rows) => rows.Where(r => Number(r, "Unknown") > 0),
        ["deploymentlatest?$filter=PolicyName eq 'x'' or 1 eq 1'"] = (_, rows) => rows.Take(0),
        ["healthhistory?$filter=Day eq {day}"] = (site, rows) => rows.Where(r => Number(r, "Day") == Day(site.LastDay)),
        ["healthhistory?$filter=Day ge {month}01 and Day lt {day} and Scope eq 'site'"] = (site, rows) =>
            rows.Where(r => Number(r, "Day") >= Day(FirstOf(site)) && Number(r, "Day") < Day(site.LastDay) && Scope(r) == "site"),
        ["healthhistory?$filter=Scope eq 'site'"] = (_, rows) => rows.Where(r => Scope(r) == "site"),
        ["healthhistory?$filter=Scope eq 'site'&$orderby=AsOf&$top=100&$skip=50"] = (_, rows) => rows.Where(r => Scope(r) == "site").Skip(50).Take(100),
        ["healthhistory?$filter=Scope eq 'site'&$orderby=AsOf desc&$top=7"] = (_, rows) =>
            rows.Where(r => Scope(r) == "site").OrderByDescending(AsOf).Take(7),
        ["healthhistory?$filter=ScopeKind eq 'os' and AsOf ge {time}"] = (site, rows) =>
            rows.Where(r => r.GetString("ScopeKind") == "os" && AsOf(r) >= site.LastDay.AddDays(-2)),
        ["healthhistory?$filter=AsOf gt {time} and AsOf le {time}&$count=true"] = (_, rows) => rows.Take(0),
        ["healthhistory?$filter=AsOf ge {date} and AsOf lt {time2}&$count=true&$top=5"] = (site, rows) =>
            rows.Where(r => AsOf(r) >= site.LastDay && AsOf(r) < site.LastDay.AddHours(6)).Take(5),
        ["healthhistory?$filter=AsOf eq {exact}"] = (site, rows) => rows.Where(r => AsOf(r) == Exact(site)),
        ["healthhistory?$filter=AsOf ge 0001-01-01T00:00:00Z and Healthy eq 50"] = (_, rows) => rows.Where(r => Number(r, "Healthy") == 50),
        ["healthhistory?$filter=Day eq {day} or Day eq {month}01&$orderby=Healthy desc,Day,Scope&$select=Healthy"] = (site, rows) => rows
            .Where(r => Number(r, "Day") == Day(site.LastDay) || Number(r, "Day") == Day(FirstOf(site)))
            .OrderByDescending(r => Number(r, "Healthy")).ThenBy(r => Number(r, "Day")).ThenBy(Scope, StringComparer.Ordinal),
        ["healthhistory?$skip=1100&$top=150"] = (_, rows) => rows.Skip(1100).Take(150),
        ["healthhistory?$filter=Day gt 20990101"] = (_, rows) => rows.Take(0),
        ["healthhistory?$filter=Day eq -1 or Day eq 2147483647"] = (_, rows) => rows.Take(0),
        ["healthhistory?$orderby=Eligible,AsOf desc,Scope&$filter=ScopeKind eq 'platform'&$count=true"] = (_, rows) => rows
            .Where(r => r.GetString("ScopeKind") == "platform").OrderBy(r => Number(r, "Eligible")).ThenByDescending(AsOf).ThenBy(Scope, StringComparer.Ordinal),
    };

    public static TheoryData<string> Asked { get; } = [.. Queries.Keys];

    [Theory]
    [MemberData(nameof(Asked))]
    public async Task A_query_gives_what_it_comes_to_by_the_rows_as_they_are_stored(string query)
    {
        var stored = await site.RowsAsync(query.Split('?')[0]);
        var expected = Queries[query](site, stored).ToList();

        var read = await site.ReadAsync($"/api/feed/{Filled(query)}");

        var columns = query.Contains("$select=", StringComparison.Ordinal)
            ? query.Split("$select=")[1].Split('&')[0].Split(',')
            : [.. stored[0].Keys.Except(OfStorage)];
        Assert.Equal(expected.Select(row => Shown(columns, name => row[name])), read.Rows.Select(row => Shown(row.Keys, name => row[name])));
        if (query.Contains("$count=true", StringComparison.Ordinal))
        {
            var all = query.Split("&$top")[0].Split("?$top")[0];
            Assert.Equal(all == query ? expected.Count : (await site.ReadAsync($"/api/feed/{Filled(all)}")).Rows.Count, read.Count);
        }
        else
        {
            Assert.Null(read.Count);
        }

        Assert.All(read.Pages, rows => Assert.InRange(rows, 0, query.Contains("orderby", StringComparison.Ordinal) ? 10_000 : 1_000));
    }

    [Fact]
    public async Task The_types_are_those_of_the_columns_of_the_rows_that_a_roll_up_wrote()
    {
        Assert.Equal(TableNames.Reporting, site.Model.EntityContainer.EntitySets().Select(set => set.Name));
        foreach (var set in site.Model.EntityContainer.EntitySets())
        {
            var rows = await site.RowsAsync(set.Name);
            var type = set.EntityType;
            Assert.Equal(
                rows[0].Where(c => !OfStorage.Contains(c.Key)).Select(c => $"{c.Key} {EdmNameOf(c.Value)}").Order(StringComparer.Ordinal),
                type.StructuralProperties().Select(p => $"{p.Name} {p.Type.PrimitiveKind()}").Order(StringComparer.Ordinal));
            Assert.All(type.StructuralProperties(), p => Assert.False(p.Type.IsNullable));
            Assert.All(rows, row => Assert.Equal(rows[0].Keys.Order(), row.Keys.Order()));
            var key = type.Key().Select(p => p.Name).ToList();
            Assert.Equal(rows.Count, rows.Select(row => Shown(key, name => row[name])).Distinct().Count());
        }
    }

    [Fact]
    public async Task The_feed_says_which_tables_it_has_and_what_of_OData_it_can_not_do()
    {
        var model = site.Model;

        using var answer = await site.GetAsync("/api/feed");

        Assert.Equal(TableNames.Reporting.Select(name => new Uri(site.Host.BaseAddress, $"/api/feed/{name}").AbsoluteUri), FeedReader.EntitySets(answer, model));
        Assert.Equal(["startswith"], ((IEdmCollectionExpression)Capability(model.EntityContainer, "FilterFunctions")).Elements.Cast<IEdmStringConstantExpression>().Select(f => f.Value));
        Assert.All(model.EntityContainer.EntitySets(), set => Assert.False(((IEdmBooleanConstantExpression)Capability(set, "IndexableByKey")).Value));

        IEdmExpression Capability(IEdmVocabularyAnnotatable of, string name) => model.FindVocabularyAnnotations<IEdmVocabularyAnnotation>(
            of, CapabilitiesVocabularyModel.Instance.FindDeclaredTerm($"Org.OData.Capabilities.V1.{name}")).Single().Value;
    }

    [Theory]
    [InlineData("healthlatest", 1)]
    [InlineData("deploymentlatest", 1)]
    [InlineData("healthlatest?$filter=Devices gt 1&$orderby=Devices desc", 1)]
    [InlineData("healthlatest?$count=true", 2)]
    [InlineData("healthhistory?$filter=Day eq {day}", 1)] // nothing of any other month is read
    [InlineData("healthhistory?$filter=AsOf ge {time2} and Day le {day} and Scope eq 'site'", 1)]
    [InlineData("healthhistory?$filter=Day ge {month}01 and Day le {day}&$top=10", 1)]
    [InlineData("healthhistory?$top=10", 2)] // where the months begin, and the rows
    [InlineData("healthhistory?$filter=Day gt 20990101", 1)] // no month
    [InlineData("healthhistory?$filter=nothing eq 1", 0)]
    public async Task A_page_takes_about_one_storage_transaction(string query, int transactions)
    {
        var before = site.Host.Transactions;

        using var answer = await site.GetAsync($"/api/feed/{Filled(query)}");

        Assert.Equal(transactions, site.Host.Transactions - before);
    }

    [Fact]
    public async Task The_whole_history_takes_a_transaction_for_every_thousand_rows_and_month()
    {
        var rows = await site.RowsAsync(TableNames.HealthHistory);
        var months = rows.Select(r => r.PartitionKey).Distinct().Count();
        var before = site.Host.Transactions;

        var read = await site.ReadAsync("/api/feed/healthhistory?$select=Scope");

        Assert.True(read.Pages.Count >= 2, "It is one page only.");
        Assert.Equal(1_000, read.Pages[0]);
        Assert.InRange(site.Host.Transactions - before, read.Pages.Count, 2 + (rows.Count / 1_000) + (2 * months));
    }

    [Fact]
    public async Task A_roll_up_between_two_pages_repeats_no_row_and_hides_none()
    {
        var before = (await site.RowsAsync(TableNames.HealthHistory)).Select(KeyOf).ToList();
        var model = site.Model;
        var (rows, _, next) = await FeedReader.RowsAsync(await site.GetAsync("/api/feed/healthhistory"), model);

        site.Host.Clock.Advance(TimeSpan.FromHours(1));
        await site.RollUpAsync();
        for (; next is not null;)
        {
            (var more, _, next) = await FeedReader.RowsAsync(await site.GetAsync(next.AbsoluteUri), model);
            rows.AddRange(more);
        }

        var keys = rows.Select(row => (row["Scope"], row["AsOf"])).ToList();
        Assert.Equal(keys.Count, keys.Distinct().Count());
        Assert.Equal([], before.Except(keys));

        static (object, object) KeyOf(TableEntity row) => (Scope(row), AsOf(row));
    }

    [Theory]
    [InlineData("nothing", HttpStatusCode.NotFound, "feed.entity-set-not-found", null)]
    [InlineData("HealthLatest", HttpStatusCode.NotFound, "feed.entity-set-not-found", null)]
    [InlineData("healthlatest('site')", HttpStatusCode.NotFound, "feed.entity-set-not-found", null)]
    [InlineData("healthlatest?$filter=Nothing eq 1", HttpStatusCode.BadRequest, "feed.option-invalid", "$filter")]
    [InlineData("healthlatest?$filter=PartitionKey ne ''", HttpStatusCode.BadRequest, "feed.option-invalid", "$filter")]
    [InlineData("healthlatest?$filter=Scope eq", HttpStatusCode.BadRequest, "feed.option-invalid", "$filter")]
    [InlineData("healthlatest?$filter=Scope eq 5", HttpStatusCode.BadRequest, "feed.option-invalid", "$filter")]
    [InlineData("healthlatest?$filter=cast(AsOf,1) eq 2", HttpStatusCode.BadRequest, "feed.option-invalid", "$filter")]
    [InlineData("healthlatest?$filter=Scope eq 'a'&$filter=Scope eq 'b'", HttpStatusCode.BadRequest, "feed.option-invalid", "$filter")]
    [InlineData("healthlatest?$filter=contains(Scope,'site')", HttpStatusCode.BadRequest, "feed.filter-unsupported", "$filter")]
    [InlineData("healthlatest?$filter=tolower(Scope) eq 'site'", HttpStatusCode.BadRequest, "feed.filter-unsupported", "$filter")]
    [InlineData("healthlatest?$filter=year(AsOf) eq 2026", HttpStatusCode.BadRequest, "feed.filter-unsupported", "$filter")]
    [InlineData("healthlatest?$filter=Devices eq Targeted", HttpStatusCode.BadRequest, "feed.filter-unsupported", "$filter")]
    [InlineData("healthlatest?$filter=Devices add 1 eq 2", HttpStatusCode.BadRequest, "feed.filter-unsupported", "$filter")]
    [InlineData("healthlatest?$filter=1 eq 1", HttpStatusCode.BadRequest, "feed.filter-unsupported", "$filter")]
    [InlineData("healthlatest?$filter=true", HttpStatusCode.BadRequest, "feed.filter-unsupported", "$filter")]
    [InlineData("healthlatest?$filter=Scope eq null", HttpStatusCode.BadRequest, "feed.filter-unsupported", "$filter")]
    [InlineData("healthlatest?$filter=Devices gt 1.5", HttpStatusCode.BadRequest, "feed.filter-unsupported", "$filter")]
    [InlineData("healthlatest?$filter=Devices gt 2147483648", HttpStatusCode.BadRequest, "feed.filter-unsupported", "$filter")]
    [InlineData("healthlatest?$filter=Scope eq '%00'", HttpStatusCode.BadRequest, "feed.filter-unsupported", "$filter")]
    [InlineData("healthlatest?$filter=Scope eq '{text}'", HttpStatusCode.BadRequest, "feed.filter-unsupported", "$filter")]
    [InlineData("healthlatest?$filter={deep}", HttpStatusCode.BadRequest, "feed.option-invalid", "$filter")]
    [InlineData("healthlatest?$filter={negated}", HttpStatusCode.BadRequest, "feed.option-invalid", "$filter")]
    [InlineData("healthlatest?$filter={long}", HttpStatusCode.BadRequest, "feed.filter-too-long", "$filter")]
    [InlineData("healthlatest?$filter={huge}", HttpStatusCode.BadRequest, "feed.option-invalid", "$filter")]
    [InlineData("healthlatest?$select=Nothing", HttpStatusCode.BadRequest, "feed.option-invalid", "$select")]
    [InlineData("healthlatest?$select=Scope/length", HttpStatusCode.BadRequest, "feed.option-invalid", "$select")]
    [InlineData("healthlatest?$orderby=Nothing", HttpStatusCode.BadRequest, "feed.option-invalid", "$orderby")]
    [InlineData("healthlatest?$orderby=length(Scope)", HttpStatusCode.BadRequest, "feed.option-invalid", "$orderby")]
    [InlineData("healthlatest?$top=-1", HttpStatusCode.BadRequest, "feed.option-invalid", "$top")]
    [InlineData("healthlatest?$skip=x", HttpStatusCode.BadRequest, "feed.option-invalid", "$skip")]
    [InlineData("healthlatest?$count=maybe", HttpStatusCode.BadRequest, "feed.option-invalid", "$count")]
    [InlineData("healthlatest?$expand=Scope", HttpStatusCode.BadRequest, "feed.option-unsupported", "$expand")]
    [InlineData("healthlatest?$apply=aggregate(Devices with sum as Sum)", HttpStatusCode.BadRequest, "feed.option-unsupported", "$apply")]
    [InlineData("healthlatest?$search=site", HttpStatusCode.BadRequest, "feed.option-unsupported", "$search")]
    [InlineData("healthlatest?$skiptoken=x", HttpStatusCode.BadRequest, "list.continuation-invalid", "$skiptoken")]
    [InlineData("healthlatest?$skiptoken={otherPartition}", HttpStatusCode.BadRequest, "list.continuation-invalid", "$skiptoken")]
    [InlineData("healthhistory?$skiptoken={noMonth}", HttpStatusCode.BadRequest, "list.continuation-invalid", "$skiptoken")]
    [InlineData("healthlatest?$format=atom", HttpStatusCode.NotAcceptable, "feed.format-unsupported", null)]
    [InlineData("$metadata?$format=application/json;odata.metadata=full", HttpStatusCode.NotAcceptable, "feed.format-unsupported", null)]
    public async Task What_the_feed_does_not_do_is_refused(string query, HttpStatusCode status, string code, string? field)
    {
        using var answer = await site.GetAsync($"/api/feed/{Filled(query)}");

        await answer.ProblemAsync(status, code, field);
    }

    [Theory]
    [InlineData("Accept", "text/html", HttpStatusCode.NotAcceptable, "feed.format-unsupported")]
    [InlineData("Accept", "application/json;q=x", HttpStatusCode.NotAcceptable, "feed.format-unsupported")]
    [InlineData("OData-MaxVersion", "3.0", HttpStatusCode.BadRequest, "feed.version-unsupported")]
    public async Task A_reader_that_can_not_read_the_feed_is_told(string header, string value, HttpStatusCode status, string code)
    {
        using var answer = await site.GetAsync("/api/feed", (header, value));

        await answer.ProblemAsync(status, code);
    }

    [Theory]
    [InlineData(null, "application/json;odata.metadata=minimal", "@odata.context")]
    [InlineData("*/*", "application/json;odata.metadata=minimal", "@odata.context")]
    [InlineData("text/html,application/json;q=0.5", "application/json;odata.metadata=minimal", "@odata.context")]
    [InlineData("application/json;odata.metadata=none", "application/json;odata.metadata=none", null)]
    [InlineData("application/json;odata.metadata=full", "application/json;odata.metadata=full", "AsOf@odata.type")]
    public async Task An_answer_has_as_much_metadata_as_its_reader_wants(string? accept, string contentType, string? annotation)
    {
        (string, string)[] headers = accept is null ? [("OData-MaxVersion", "4.01")] : [("Accept", accept), ("OData-MaxVersion", "4.0")];

        using var answer = await site.GetAsync("/api/feed/healthhistory?$top=1&$select=AsOf", headers);

        Assert.StartsWith(contentType, answer.Content.Headers.ContentType?.ToString().Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(["4.0"], answer.Headers.GetValues("OData-Version"));
        Assert.True(answer.Headers.CacheControl?.NoStore);
        var text = await answer.Content.ReadAsStringAsync(Stop);
        Assert.True(annotation is null ? !text.Contains("@odata", StringComparison.Ordinal) : text.Contains(annotation, StringComparison.Ordinal), text);
    }

    [Fact]
    public async Task Links_lead_to_the_host_that_was_asked_and_keep_what_else_was_asked()
    {
        using var answer = await site.GetAsync("/api/feed/healthhistory?$filter=Devices%20ge%200&$skip=1&$top=1500&$select=Scope&$format=json",
            ("X-Forwarded-Host", "evil.invalid, atp.contoso.example"), ("X-Forwarded-Proto", "https"));

        var page = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Stop))!;
        Assert.Equal("https://atp.contoso.example/api/feed/$metadata#healthhistory(Scope)", (string?)page["@odata.context"]);
        var next = new Uri((string)page["@odata.nextLink"]!);
        Assert.Equal("https://atp.contoso.example/api/feed/healthhistory", next.GetLeftPart(UriPartial.Path));
        var query = System.Web.HttpUtility.ParseQueryString(next.Query);
        Assert.Equal(["$filter", "$format", "$select", "$skiptoken"], query.AllKeys.Order());
        Assert.Equal("Devices ge 0", query["$filter"]);
    }

    private string Filled(string query) => query
        .Replace("{day}", Day(site.LastDay).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{month}", (Day(site.LastDay) / 100).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{date}", site.LastDay.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{time}", Time(site.LastDay.AddDays(-2)), StringComparison.Ordinal)
        .Replace("{time2}", Time(site.LastDay.AddHours(6)), StringComparison.Ordinal)
        .Replace("{exact}", Time(Exact(site)), StringComparison.Ordinal)
        .Replace("{text}", new string('x', 257), StringComparison.Ordinal)
        .Replace("{deep}", new string('(', 1_200) + "Devices eq 1" + new string(')', 1_200), StringComparison.Ordinal)
        .Replace("{negated}", string.Concat(Enumerable.Repeat("not ", 900)) + "(Devices eq 1)", StringComparison.Ordinal)
        .Replace("{long}", string.Join(" or ", Enumerable.Repeat("Devices eq 1", 13)), StringComparison.Ordinal)
        .Replace("{huge}", string.Join(" or ", Enumerable.Repeat("Devices eq 1", 280)), StringComparison.Ordinal)
        .Replace("{otherPartition}", Token("0!!202601!"), StringComparison.Ordinal)
        .Replace("{noMonth}", Token("0!!202613!"), StringComparison.Ordinal)
        .Replace(" ", "%20", StringComparison.Ordinal);

    private static string Token(string text) => System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(text));

    private static string Time(DateTimeOffset at) => at.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    private static DateTimeOffset Exact(FeedSite site) => site.LastDay.AddHours(3).AddMinutes(5).AddTicks(1234567);

    private static DateTimeOffset FirstOf(FeedSite site) => site.LastDay.AddDays(-1);

    private static int Day(DateTimeOffset at) => (at.Year * 10_000) + (at.Month * 100) + at.Day;

    private static string Scope(TableEntity row) => row.GetString("Scope");

    private static DateTimeOffset AsOf(TableEntity row) => row.GetDateTimeOffset("AsOf")!.Value;

    private static int Number(TableEntity row, string column) => row.GetInt32(column)!.Value;

    private static string Shown(IEnumerable<string> columns, Func<string, object> value) => string.Join(' ', columns.Order(StringComparer.Ordinal)
        .Select(name => $"{name}={(value(name) is DateTimeOffset time ? time.ToUniversalTime().ToString("O") : value(name))}:{value(name).GetType().Name}"));

    private static EdmPrimitiveTypeKind EdmNameOf(object value) => value switch
    {
        string => EdmPrimitiveTypeKind.String,
        int => EdmPrimitiveTypeKind.Int32,
        DateTimeOffset => EdmPrimitiveTypeKind.DateTimeOffset,
        _ => throw new ArgumentException($"A column is a {value.GetType()}.", nameof(value)),
    };
}
