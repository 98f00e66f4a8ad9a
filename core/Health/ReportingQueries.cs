using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Atp.Core.Errors;
using Row = System.Collections.Generic.IReadOnlyDictionary<string, object>;

namespace Atp.Core.Health;

/// <summary>
/// Reads the tables that analysts read, a page at a time. Storage evaluates the condition; of the history only the months, and of
/// those the row keys, that it can hold in are read. A page takes a bounded number of storage transactions, mostly one.
/// </summary>
/// <remarks>
/// The pages of a query are not of one moment. Roll-ups overwrite rows in place, so a query that goes on from page to page meets no
/// row twice and leaves none out that is there all the time; rows that come meanwhile may be in it.
/// </remarks>
public sealed partial class ReportingQueries(HealthTable health, TimeProvider clock)
{
    /// <summary>As many rows as storage answers with at once.</summary>
    internal const int PageSize = 1000;

    /// <summary>How many rows are sorted or counted.</summary>
    internal const int MaxRowsAtOnce = 10_000;

    /// <summary>Storage takes fifteen in a query; three are for the keys.</summary>
    internal const int MaxComparisons = 12;

    /// <summary>Where conditions are met seldom or much is skipped, a page ends early rather than late.</summary>
    private const int MaxReadsOfPage = 10;

    private const int MaxReadsAtOnce = 50;

    /// <exception cref="DomainException">
    /// Invalid, by the names of the feed's query options: too many comparisons, too many rows to sort or count, or an invalid
    /// continuation.
    /// </exception>
    public async Task<ReportingPage> ReadAsync(ReportingQuery query, CancellationToken ct)
    {
        if (ReportingFilter.SizeOf(query.Condition) > MaxComparisons)
        {
            throw DomainError.Field("$filter", "feed.filter-too-long",
                $"$filter has more than {MaxComparisons} comparisons (startswith counts as two). Filter less here, and the rest where the feed is read.").ToException();
        }

        var range = HistoryRange.Of(query.Condition);
        IReadOnlyList<ReportingColumn> columns = [.. query.Columns.Union(query.Order.Select(o => o.Column)).Union(query.Table.Key)];
        if (!IsNatural(query, range))
        {
            var sorted = Sorted(await AllAsync(query, range, columns, "$orderby", "sort", ct), query);
            return new ReportingPage([.. sorted.Skip(query.Skip).Take(query.Top ?? int.MaxValue)], query.Count ? sorted.Count : null, null);
        }

        int? count = query is { Count: true, Continuation: null } ? (await AllAsync(query, range, query.Table.Key, "$count", "count", ct)).Count : null;
        var place = query.Continuation is null ? await StartAsync(query, range, ct) : Place.Parse(query.Continuation, query.Table, range);
        var rows = new List<Row>();
        for (var reads = 0; place is not null && rows.Count < PageSize && reads < MaxReadsOfPage; reads++)
        {
            place = await ReadOnAsync(query, range, columns, place, PageSize - rows.Count, rows, ct);
        }

        return new ReportingPage(rows, count, place?.ToString());
    }

    /// <summary>Whether the rows lie in the order that is asked for.</summary>
    private static bool IsNatural(ReportingQuery query, HistoryRange range) => query.Order.Count == 0
        || (query.Order[0] is { Descending: false } first && first.Column.Name == (query.Table != ReportingTables.HealthHistory
            ? query.Table.Key[0]
            : range.FromScope == range.ToScope ? ReportingTables.AsOf : null)?.Name);

    private static List<Row> Sorted(List<Row> rows, ReportingQuery query)
    {
        var order = query.Order.Concat(query.Table.Key.Select(column => new ReportingOrder(column, false))).ToList();
        rows.Sort((left, right) =>
        {
            foreach (var (column, descending) in order)
            {
                var compared = column.Type == ReportingType.Text
                    ? string.CompareOrdinal((string)left[column.Name], (string)right[column.Name])
                    : Comparer<object>.Default.Compare(left[column.Name], right[column.Name]);
                if (compared != 0)
                {
                    return descending ? -compared : compared;
                }
            }

            return 0;
        });
        return rows;
    }

    /// <summary>Everything that meets the condition, when that isn't too much.</summary>
    private async Task<List<Row>> AllAsync(
        ReportingQuery query, HistoryRange range, IReadOnlyCollection<ReportingColumn> columns, string option, string why, CancellationToken ct)
    {
        var all = query with { Skip = 0, Top = MaxRowsAtOnce + 1, Continuation = null };
        var rows = new List<Row>();
        var reads = 0;
        var place = await StartAsync(all, range, ct);
        for (; place is not null && reads < MaxReadsAtOnce; reads++)
        {
            place = await ReadOnAsync(all, range, columns, place, PageSize, rows, ct);
        }

        return place is null && rows.Count <= MaxRowsAtOnce
            ? rows
            : throw DomainError.Field(option, "feed.too-many-rows", string.Create(CultureInfo.InvariantCulture,
                $"There are too many rows to {why}: {MaxRowsAtOnce:N0} at most. Narrow $filter down (AsOf, Day, Scope, ScopeKind), or leave {option} out.")).ToException();
    }

    /// <summary>Null when there is nothing to read.</summary>
    private async Task<Place?> StartAsync(ReportingQuery query, HistoryRange range, CancellationToken ct)
    {
        var partition = query.Table != ReportingTables.HealthHistory ? HealthTable.Partition
            : range.FirstMonth == range.LastMonth ? range.FirstMonth
            : await health.FirstMonthAsync(range.FirstMonth, range.LastMonth, ct);
        return partition is null || query.Top == 0 ? null : new Place(query.Skip, query.Top, partition, null);
    }

    /// <summary>One read, from one place to the next; null where nothing is behind it.</summary>
    private async Task<Place?> ReadOnAsync(
        ReportingQuery query, HistoryRange range, IReadOnlyCollection<ReportingColumn> columns, Place place, int wanted, List<Row> rows,
        CancellationToken ct)
    {
        var isHistory = query.Table == ReportingTables.HealthHistory;
        var page = await health.ReadAsync(query.Table, place.Partition, isHistory ? range.RowKeys : null, query.Condition, columns,
            (int)Math.Min(PageSize, (long)place.Skip + Math.Min(wanted, place.Top ?? wanted)), place.Token, ct);
        var skipped = Math.Min(place.Skip, page.Items.Count);
        rows.AddRange(page.Items.Skip(skipped));
        var top = place.Top - (page.Items.Count - skipped);
        var partition = page.Continuation is not null ? place.Partition : isHistory ? MonthAfter(place.Partition, range) : null;
        return partition is null || top == 0 ? null : new Place(place.Skip - skipped, top, partition, page.Continuation);
    }

    /// <summary>Null behind the last one; there are none in the future.</summary>
    private string? MonthAfter(string month, HistoryRange range) =>
        string.CompareOrdinal(month, range.LastMonth) >= 0 || string.CompareOrdinal(month, HealthTable.Month(clock.GetUtcNow())) >= 0
            ? null
            : HealthTable.Month(DateTimeOffset.ParseExact(month, "yyyyMM", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).AddMonths(1));

    /// <summary>Where a query goes on.</summary>
    /// <param name="Skip">How many rows are still to be left out.</param>
    /// <param name="Top">How many are still to come at most; null for all.</param>
    /// <param name="Partition">The partition.</param>
    /// <param name="Token">Storage's own, within the partition; null at its start.</param>
    private sealed partial record Place(int Skip, int? Top, string Partition, string? Token)
    {
        private const int LongestToken = 2048;

        /// <exception cref="DomainException">Not a continuation of ours.</exception>
        public static Place Parse(string text, ReportingTable table, HistoryRange range)
        {
            if (text.Length <= 2 * LongestToken && Base64Url.IsValid(text)
                && Continuation().Match(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text))) is { Success: true } match
                && int.TryParse(match.Groups["skip"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var skip)
                && int.TryParse(match.Groups["top"] is { Length: > 0 } given ? given.ValueSpan : "0", NumberStyles.None, CultureInfo.InvariantCulture, out var top)
                && IsIn(match.Groups["partition"].Value, table, range))
            {
                return new Place(skip, top == 0 ? null : top, match.Groups["partition"].Value,
                    match.Groups["token"] is { Length: > 0 } token ? token.Value : null);
            }

            throw DomainError.Field("$skiptoken", "list.continuation-invalid", "Take the whole @odata.nextLink of the page before.").ToException();
        }

        public override string ToString() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{Skip}!{Top}!{Partition}!{Token}")));

        private static bool IsIn(string partition, ReportingTable table, HistoryRange range) => table != ReportingTables.HealthHistory
            ? partition == HealthTable.Partition
            : DateOnly.TryParseExact(partition + "01", "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
                && string.CompareOrdinal(partition, range.FirstMonth) >= 0 && string.CompareOrdinal(partition, range.LastMonth) <= 0;

        [GeneratedRegex(@"^(?<skip>[0-9]{1,10})!(?<top>[1-9]?[0-9]{0,9})!(?<partition>[a-z0-9]{6})!(?<token>[\x20-\x7e]{0,2048})\z")]
        private static partial Regex Continuation();
    }
}
