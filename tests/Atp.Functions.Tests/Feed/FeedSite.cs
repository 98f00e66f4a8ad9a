using System.Globalization;
using System.Net;
using Atp.Core.Storage;
using Atp.Functions.Tests.Devices;
using Azure.Data.Tables;
using Microsoft.OData.Edm;

namespace Atp.Functions.Tests.Feed;

/// <summary>
/// A site whose figures a real roll-up wrote, with a history behind them: of every third hour of twenty days that end at the first of a
/// month, of the roll-up's scopes.
/// </summary>
public sealed class FeedSite(TestStack stack) : IAsyncLifetime
{
    private const int Days = 20;

    private readonly Dictionary<string, List<TableEntity>> read = [];

    public AtpHost Host { get; private set; } = null!;

    /// <summary>What the feed says of its types.</summary>
    public IEdmModel Model { get; private set; } = null!;

    /// <summary>The last day of the history behind the figures: the second of a month, UTC.</summary>
    public DateTimeOffset LastDay { get; private set; }

    public async ValueTask InitializeAsync()
    {
        Host = await AtpHost.StartAsync(stack, Fleet.Shards(2));
        await Host.ImportAsync(
        [
            TestSite.Line("up-1"), TestSite.Line("up-2", build: 22631), TestSite.Line("down-1", build: 9600, productType: 3), TestSite.Line("old-1", build: 7601),
        ]);
        var policy = await Host.CreatePolicyAsync("O'Neill's \u00e9t\u00e9");
        var collection = await Host.CreateCollectionAsync("Everybody", new { tag = "all" });
        await Host.ActiveAsync(await Host.DeployAsync((string)policy["id"]!, collection));
        await Host.RollUpAsync();
        Model = FeedReader.Model(await GetAsync("/api/feed/$metadata"));

        var now = Host.Clock.GetUtcNow();
        LastDay = new DateTimeOffset(now.Year, now.Month, 2, 0, 0, 0, TimeSpan.Zero).AddMonths(-1);
        var latest = await RowsAsync(TableNames.HealthLatest);
        var history = from hour in Enumerable.Range(0, Days * 8).Select(i => LastDay.AddHours(21 - (3 * i)))
                      from row in latest
                      select Earlier(row, hour.AddMinutes(5).AddTicks(1234567));
        foreach (var month in history.GroupBy(row => row.PartitionKey))
        {
            await Task.WhenAll(month.Chunk(100).Select(rows => Host.Table(TableNames.HealthHistory)
                .SubmitTransactionAsync(rows.Select(row => new TableTransactionAction(TableTransactionActionType.Add, row)))));
        }
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    /// <summary>The rows as they are stored, in the order of their keys; read again after a roll-up only.</summary>
    public async Task<List<TableEntity>> RowsAsync(string table)
    {
        if (!read.TryGetValue(table, out var rows))
        {
            read[table] = rows = [];
            await foreach (var row in Host.Table(table).QueryAsync<TableEntity>())
            {
                rows.Add(row);
            }
        }

        return rows;
    }

    public async Task RollUpAsync()
    {
        read.Clear();
        await Host.RollUpAsync();
    }

    public async Task<HttpResponseMessage> GetAsync(string address, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Host.BaseAddress, address));
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Host.Admin.SendAsync(request);
    }

    /// <summary>All rows that a query gives, page by page.</summary>
    public async Task<FeedRead> ReadAsync(string address)
    {
        var all = new List<IReadOnlyDictionary<string, object>>();
        var pages = new List<int>();
        long? count = null;
        for (var next = new Uri(Host.BaseAddress, address); next is not null;)
        {
            using var answer = await GetAsync(next.AbsoluteUri);
            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{next}: {await answer.Content.ReadAsStringAsync()}");
            var page = await FeedReader.RowsAsync(answer, Model);
            all.AddRange(page.Rows);
            pages.Add(page.Rows.Count);
            count ??= page.Count;
            next = page.Next;
        }

        return new FeedRead(all, pages, count);
    }

    private static TableEntity Earlier(TableEntity row, DateTimeOffset asOf)
    {
        var scope = row.GetString("Scope");
        var earlier = new TableEntity(Text(asOf, "yyyyMM"), $"{scope}!{Text(asOf, "yyyyMMdd'T'HH'Z'")}");
        foreach (var (name, value) in row.Where(c => c.Key is not ("PartitionKey" or "RowKey" or "Timestamp" or "odata.etag")))
        {
            earlier[name] = value;
        }

        earlier["AsOf"] = asOf;
        earlier["Day"] = int.Parse(Text(asOf, "yyyyMMdd"), CultureInfo.InvariantCulture);
        earlier["Healthy"] = asOf.DayOfYear * scope.Length % 100;
        return earlier;
    }

    private static string Text(DateTimeOffset at, string format) => at.ToString(format, CultureInfo.InvariantCulture);
}

/// <param name="Rows">Of all pages.</param>
/// <param name="Pages">How many rows each page had.</param>
/// <param name="Count">What the first page said.</param>
public sealed record FeedRead(List<IReadOnlyDictionary<string, object>> Rows, List<int> Pages, long? Count);
