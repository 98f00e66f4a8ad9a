using System.Diagnostics;
using System.Runtime.CompilerServices;
using Azure.Data.Tables;

namespace Atp.Core.Health;

/// <summary>A condition as table storage takes it.</summary>
internal static class ReportingFilter
{
    /// <summary>Tables hold no earlier time, and take none in a filter.</summary>
    private static readonly DateTimeOffset Earliest = new(1601, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static string Of(ReportingCondition condition) => condition switch
    {
        AllOf all => string.Join(" and ", all.Conditions.Select(part => $"({Of(part)})")),
        AnyOf any => string.Join(" or ", any.Conditions.Select(part => $"({Of(part)})")),
        ColumnComparison comparison => TableClient.CreateQueryFilter(FormattableStringFactory.Create(
            $"{comparison.Column.Name} {OperatorOf(comparison.Comparator)} {{0}}",
            comparison.Value is DateTimeOffset time && time < Earliest ? Earliest : comparison.Value)),
        _ => throw new UnreachableException($"Unknown condition {condition}."),
    };

    /// <summary>How many comparisons it takes.</summary>
    public static int SizeOf(ReportingCondition? condition) => condition switch
    {
        AllOf all => all.Conditions.Sum(SizeOf),
        AnyOf any => any.Conditions.Sum(SizeOf),
        null => 0,
        _ => 1,
    };

    private static string OperatorOf(Comparator comparator) => comparator switch
    {
        Comparator.Equal => "eq",
        Comparator.NotEqual => "ne",
        Comparator.Greater => "gt",
        Comparator.GreaterOrEqual => "ge",
        Comparator.Less => "lt",
        Comparator.LessOrEqual => "le",
        _ => throw new UnreachableException($"Unknown comparator {comparator}."),
    };
}
