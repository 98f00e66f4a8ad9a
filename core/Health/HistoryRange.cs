using System.Globalization;
using Atp.Core.Storage;

namespace Atp.Core.Health;

/// <summary>
/// The part of <c>healthhistory</c> outside of which no row can meet a condition: hours and scopes, both ends included, as they stand
/// in the keys. It may hold rows that don't meet it.
/// </summary>
internal sealed record HistoryRange(string FromHour, string ToHour, string FromScope, string ToScope)
{
    /// <summary>Sorts after every character of a time in a key.</summary>
    private const char AfterAll = '~';

    /// <summary>Sorts after every scope, since each starts with its kind.</summary>
    private const string LastScope = "~";

    private const int LastDay = 99_99_99_99;

    private static readonly HistoryRange Everything = new("00000000", $"{LastDay}{AfterAll}", "", LastScope);

    /// <summary><c>yyyyMM</c>, as partitions are named.</summary>
    public string FirstMonth => FromHour[..6];

    public string LastMonth => ToHour[..6];

    /// <summary>Null when the scopes are not narrowed down.</summary>
    public (string From, string To)? RowKeys => this switch
    {
        { FromScope: "", ToScope: LastScope } => null,
        _ when FromScope == ToScope => (HealthTable.HistoryKey(FromScope, FromHour), HealthTable.HistoryKey(FromScope, ToHour)),

        // A key goes on after its scope, so a scope that is the beginning of the last one may have its rows behind it.
        _ => (FromScope, Enumerable.Range(0, ToScope.Length + 1).Select(length => HealthTable.HistoryKey(ToScope[..length], $"{AfterAll}"))
            .Max(StringComparer.Ordinal)!),
    };

    public static HistoryRange Of(ReportingCondition? condition) => condition switch
    {
        AllOf all => all.Conditions.Select(Of).Aggregate((a, b) => new HistoryRange(
            Later(a.FromHour, b.FromHour), Earlier(a.ToHour, b.ToHour), Later(a.FromScope, b.FromScope), Earlier(a.ToScope, b.ToScope))),
        AnyOf any => any.Conditions.Select(Of).Aggregate((a, b) => new HistoryRange(
            Earlier(a.FromHour, b.FromHour), Later(a.ToHour, b.ToHour), Earlier(a.FromScope, b.FromScope), Later(a.ToScope, b.ToScope))),
        ColumnComparison comparison => Of(comparison),
        _ => Everything,
    };

    private static HistoryRange Of(ColumnComparison comparison)
    {
        var (from, to) = comparison.Comparator switch
        {
            Comparator.Equal => (true, true),
            Comparator.Greater or Comparator.GreaterOrEqual => (true, false),
            Comparator.Less or Comparator.LessOrEqual => (false, true),
            _ => (false, false),
        };
        return comparison switch
        {
            { Column: var column, Value: DateTimeOffset time } when column.Name == ReportingTables.AsOf.Name =>
                Hours(HealthTable.HourKey(time), HealthTable.HourKey(time)),
            { Column: var column, Value: int day } when column.Name == ReportingTables.Day.Name =>
                Hours(DayKey(day), $"{DayKey(day)}{AfterAll}"),
            { Column: var column, Value: string scope } when column.Name == ReportingTables.Scope.Name => Everything with
            {
                FromScope = from ? scope : "",
                ToScope = to ? scope : LastScope,
            },
            { Column: var column, Value: string kind, Comparator: Comparator.Equal } when column.Name == ReportingTables.ScopeKind.Name =>
                Everything with { FromScope = kind, ToScope = Storage.RowKeys.EndOf(kind) },
            _ => Everything,
        };

        HistoryRange Hours(string first, string last) => Everything with
        {
            FromHour = from ? first : Everything.FromHour,
            ToHour = to ? last : Everything.ToHour,
        };
    }

    private static string DayKey(int day) => Math.Clamp(day, 0, LastDay).ToString("D8", CultureInfo.InvariantCulture);

    private static string Later(string a, string b) => string.CompareOrdinal(a, b) > 0 ? a : b;

    private static string Earlier(string a, string b) => string.CompareOrdinal(a, b) < 0 ? a : b;
}
