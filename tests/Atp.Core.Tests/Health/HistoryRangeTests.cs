using System.Globalization;
using Atp.Core.Health;

namespace Atp.Core.Tests.Health;

/// <summary>Which part of the history a condition leaves to be read.</summary>
public sealed class HistoryRangeTests
{
    private static readonly string[] Scopes =
        ["site", "os!Windows", "os!Windows 10", "os!Windows 11", "os!windows", "platform!UpLevel", "platform!DownLevel", "collection!a", "collection!b", "organisation!0", "organisation!other"];

    public static TheoryData<string, ReportingCondition?, string, string, string?, string?> Ranges { get; } = new()
    {
        { "everything", null, "000000", "999999", null, null },
        { "a day", Day(Comparator.Equal, 20260131), "202601", "202601", null, null },
        { "since a day", Day(Comparator.GreaterOrEqual, 20260131), "202601", "999999", null, null },
        { "until a day", Day(Comparator.Less, 20260131), "000000", "202601", null, null },
        { "no day", Day(Comparator.Equal, -5), "000000", "000000", null, null },
        { "a day that there is not", Day(Comparator.GreaterOrEqual, int.MaxValue), "999999", "999999", null, null },
        { "not a day", Day(Comparator.NotEqual, 20260131), "000000", "999999", null, null },
        {
            "two months", new AllOf([Time(Comparator.GreaterOrEqual, "2025-12-31T23:00:00Z"), Time(Comparator.Less, "2026-01-02T00:00:00Z")]),
            "202512", "202601", null, null
        },
        {
            "a time of another zone", new AllOf([Time(Comparator.GreaterOrEqual, "2026-01-01T00:30:00+01:00"), Day(Comparator.LessOrEqual, 20260101)]),
            "202512", "202601", null, null
        },
        { "either of two days", new AnyOf([Day(Comparator.Equal, 20260131), Day(Comparator.Equal, 20251101)]), "202511", "202601", null, null },
        { "a day or anything", new AnyOf([Day(Comparator.Equal, 20260131), Figure("Devices")]), "000000", "999999", null, null },
        { "a day and anything", new AllOf([Day(Comparator.Equal, 20260131), Figure("Devices")]), "202601", "202601", null, null },
        { "a scope", Text("Scope", Comparator.Equal, "site"), "000000", "999999", "site!00000000", "site!99999999~" },
        {
            "a scope at a time", new AllOf([Text("Scope", Comparator.Equal, "site"), Time(Comparator.Equal, "2026-01-31T12:59:00Z")]),
            "202601", "202601", "site!20260131T12Z", "site!20260131T12Z"
        },
        {
            "a scope on a day", new AllOf([Day(Comparator.Equal, 20260131), Text("Scope", Comparator.Equal, "os!Windows 10")]),
            "202601", "202601", "os!Windows 10!20260131", "os!Windows 10!20260131~"
        },
        { "a kind of scopes", Text("ScopeKind", Comparator.Equal, "platform"), "000000", "999999", "platform", "platform\"!~" },
        { "a name", Text("ScopeName", Comparator.Equal, "site"), "000000", "999999", null, null },
    };

    [Theory]
    [MemberData(nameof(Ranges))]
    public void A_condition_on_times_and_scopes_leaves_a_part_of_the_history(
        string what, ReportingCondition? condition, string firstMonth, string lastMonth, string? fromKey, string? toKey)
    {
        var range = HistoryRange.Of(condition);

        Assert.True((firstMonth, lastMonth, fromKey, toKey) == (range.FirstMonth, range.LastMonth, range.RowKeys?.From, range.RowKeys?.To), $"{what}: {range} {range.RowKeys}");
    }

    [Fact]
    public void No_row_that_meets_a_condition_is_outside_of_what_is_left()
    {
        var random = new Random(20_260);
        var rows = (from scope in Scopes
                    from hour in Enumerable.Range(0, 25)
                    select new ScopeFigures(scope, scope, new DateTimeOffset(2025, 11, 3, 5, 20, 0, TimeSpan.Zero).AddHours(hour * 67), HealthFigures.None)).ToList();
        var met = 0;
        for (var i = 0; i < 600; i++)
        {
            var condition = Condition(random, rows, 3);
            var range = HistoryRange.Of(condition);
            foreach (var row in rows.Where(row => Holds(condition, row)))
            {
                met++;
                var (month, key) = (HealthTable.Month(row.AsOf), HealthTable.HistoryKey(row.Scope, HealthTable.HourKey(row.AsOf)));
                Assert.True(
                    string.CompareOrdinal(month, range.FirstMonth) >= 0 && string.CompareOrdinal(month, range.LastMonth) <= 0
                        && (range.RowKeys is not var (from, to) || (string.CompareOrdinal(key, from) >= 0 && string.CompareOrdinal(key, to) <= 0)),
                    $"{month} {key} meets {ReportingFilter.Of(condition)}, and {range} {range.RowKeys} leaves it out.");
            }
        }

        Assert.True(met > 5_000, $"Only {met} rows met a condition.");
    }

    [Fact]
    public void Storage_gets_a_filter_in_which_nothing_of_a_value_is_more_than_a_value() => Assert.Equal(
        "(Scope eq 'site'' or 1 eq 1') and ((AsOf gt datetime'2026-01-31T12:00:00Z') or (Devices ne -5)) and (AsOf ge datetime'1601-01-01T00:00:00Z')",
        ReportingFilter.Of(new AllOf(
        [
            Text("Scope", Comparator.Equal, "site' or 1 eq 1"),
            new AnyOf([Time(Comparator.Greater, "2026-01-31T13:00:00+01:00"), new ColumnComparison(Column("Devices"), Comparator.NotEqual, -5)]),
            Time(Comparator.GreaterOrEqual, "0001-01-01T00:00:00Z"),
        ])));

    private static ReportingCondition Condition(Random random, List<ScopeFigures> rows, int depth)
    {
        var row = rows[random.Next(rows.Count)];
        var comparator = Enum.GetValues<Comparator>()[random.Next(6)];
        return (depth == 0 ? random.Next(4) : random.Next(8)) switch
        {
            0 => new ColumnComparison(Column("Day"), comparator, HealthTable.DayNumber(row.AsOf) + random.Next(-1, 2)),
            1 => new ColumnComparison(Column("AsOf"), comparator, row.AsOf.AddMinutes(random.Next(-90, 91))),
            2 => Text("Scope", comparator, row.Scope[..random.Next(1, row.Scope.Length + 1)]),
            3 => Text("ScopeKind", comparator, random.Next(2) == 0 ? row.Kind : row.Scope),
            < 6 => new AllOf([Condition(random, rows, depth - 1), Condition(random, rows, depth - 1)]),
            _ => new AnyOf([Condition(random, rows, depth - 1), Condition(random, rows, depth - 1)]),
        };
    }

    private static bool Holds(ReportingCondition condition, ScopeFigures row) => condition switch
    {
        AllOf all => all.Conditions.All(part => Holds(part, row)),
        AnyOf any => any.Conditions.Any(part => Holds(part, row)),
        ColumnComparison comparison => Holds(comparison, ReportingTables.OfScope.Single(c => c.Name == comparison.Column.Name).Of(row)),
        _ => throw new ArgumentException("Unknown.", nameof(condition)),
    };

    private static bool Holds(ColumnComparison comparison, object value)
    {
        var compared = value is string text ? string.CompareOrdinal(text, (string)comparison.Value) : Comparer<object>.Default.Compare(value, comparison.Value);
        return comparison.Comparator switch
        {
            Comparator.Equal => compared == 0,
            Comparator.NotEqual => compared != 0,
            Comparator.Greater => compared > 0,
            Comparator.GreaterOrEqual => compared >= 0,
            Comparator.Less => compared < 0,
            _ => compared <= 0,
        };
    }

    private static ReportingColumn Column(string name) => ReportingTables.HealthHistory.Columns.Single(c => c.Name == name);

    private static ColumnComparison Day(Comparator comparator, int day) => new(Column("Day"), comparator, day);

    private static ColumnComparison Time(Comparator comparator, string time) =>
        new(Column("AsOf"), comparator, DateTimeOffset.Parse(time, CultureInfo.InvariantCulture));

    private static ColumnComparison Text(string column, Comparator comparator, string text) => new(Column(column), comparator, text);

    private static ColumnComparison Figure(string column) => new(Column(column), Comparator.Greater, 0);
}
