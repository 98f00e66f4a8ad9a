using System.Globalization;
using Atp.Core.Errors;
using Atp.Core.Health;
using Microsoft.OData.UriParser;

namespace Atp.Functions.Feed;

/// <summary>Makes a condition of a filter, as far as table storage can evaluate it; everything else is refused.</summary>
internal static class FeedFilter
{
    private const int LongestText = 256;

    /// <exception cref="DomainException">Invalid: something that storage can't evaluate.</exception>
    public static ReportingCondition Of(ReportingTable table, SingleValueNode filter) => Of(table, filter, negated: false);

    /// <summary>Columns have no nulls, so the opposite of each comparison is another one, and no <c>not</c> is left over.</summary>
    private static ReportingCondition Of(ReportingTable table, SingleValueNode node, bool negated) => Plain(node) switch
    {
        UnaryOperatorNode { OperatorKind: UnaryOperatorKind.Not } not => Of(table, not.Operand, !negated),
        BinaryOperatorNode { OperatorKind: BinaryOperatorKind.And or BinaryOperatorKind.Or } both =>
            Both(both.OperatorKind == BinaryOperatorKind.And, [Of(table, both.Left, negated), Of(table, both.Right, negated)], negated),
        BinaryOperatorNode comparison => Compared(table, comparison, negated),
        InNode { Right: CollectionConstantNode values } membership => OneOf(ColumnOf(table, membership.Left), values, negated),
        SingleValueFunctionCallNode { Name: FeedModel.StartsWith } call
            when call.Parameters.ToList() is [SingleValueNode column, ConstantNode { Value: string prefix }] => Starting(ColumnOf(table, column), prefix, negated),
        _ => throw Unsupported(),
    };

    private static ReportingCondition Both(bool isAll, IReadOnlyList<ReportingCondition> conditions, bool negated) =>
        isAll != negated ? new AllOf(conditions) : new AnyOf(conditions);

    private static ColumnComparison Compared(ReportingTable table, BinaryOperatorNode node, bool negated)
    {
        var (column, constant, comparator) = Plain(node.Right) is ConstantNode right
            ? (ColumnOf(table, node.Left), right, ComparatorOf(node.OperatorKind))
            : (ColumnOf(table, node.Right), Plain(node.Left) as ConstantNode ?? throw Unsupported(), Turned(ComparatorOf(node.OperatorKind)));
        return new ColumnComparison(column, negated ? Opposite(comparator) : comparator, ValueOf(column, constant.Value));
    }

    private static ReportingCondition OneOf(ReportingColumn column, CollectionConstantNode values, bool negated)
    {
        var comparator = negated ? Comparator.NotEqual : Comparator.Equal;
        var comparisons = values.Collection.Select(v => new ColumnComparison(column, comparator, ValueOf(column, v.Value))).ToList();
        return comparisons is [var only] ? only : comparisons.Count > 0 ? Both(isAll: false, comparisons, negated) : throw Unsupported();
    }

    private static ReportingCondition Starting(ReportingColumn column, string prefix, bool negated)
    {
        if (column.Type != ReportingType.Text || prefix.Length == 0 || !char.IsAscii(prefix[^1]))
        {
            throw Unsupported();
        }

        var behind = $"{prefix[..^1]}{(char)(prefix[^1] + 1)}";
        return Both(isAll: true,
        [
            new ColumnComparison(column, negated ? Comparator.Less : Comparator.GreaterOrEqual, ValueOf(column, prefix)),
            new ColumnComparison(column, negated ? Comparator.GreaterOrEqual : Comparator.Less, behind),
        ], negated);
    }

    private static ReportingColumn ColumnOf(ReportingTable table, SingleValueNode node) => Plain(node) is SingleValuePropertyAccessNode access
        ? table.Columns.Single(c => c.Name == access.Property.Name)
        : throw Unsupported();

    private static object ValueOf(ReportingColumn column, object? value) => (column.Type, value) switch
    {
        (ReportingType.Text, string text) when text.Length <= LongestText && !text.Any(c => char.IsControl(c) || char.IsSurrogate(c)) => text,
        (ReportingType.Time, DateTimeOffset time) => time,
        (ReportingType.Time, not null)
            when DateOnly.TryParseExact(value.ToString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) =>
            new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero),
        (ReportingType.Number, int or long or short or byte or sbyte)
            when Convert.ToInt64(value, CultureInfo.InvariantCulture) is >= int.MinValue and <= int.MaxValue and var number => (int)number,
        _ => throw Invalid($"{column.Name} is compared with " + column.Type switch
        {
            ReportingType.Text => $"a text of {LongestText} characters at most, without control characters and emoji.",
            ReportingType.Time => "a time: 2026-01-31T12:00:00Z.",
            _ => "a whole number of 32 bits.",
        }),
    };

    /// <summary>Without the conversions that the parser puts around what it compares.</summary>
    private static SingleValueNode Plain(SingleValueNode node) => node is ConvertNode convert ? Plain(convert.Source) : node;

    private static Comparator ComparatorOf(BinaryOperatorKind kind) => kind switch
    {
        BinaryOperatorKind.Equal => Comparator.Equal,
        BinaryOperatorKind.NotEqual => Comparator.NotEqual,
        BinaryOperatorKind.GreaterThan => Comparator.Greater,
        BinaryOperatorKind.GreaterThanOrEqual => Comparator.GreaterOrEqual,
        BinaryOperatorKind.LessThan => Comparator.Less,
        BinaryOperatorKind.LessThanOrEqual => Comparator.LessOrEqual,
        _ => throw Unsupported(),
    };

    /// <summary>With the two sides exchanged.</summary>
    private static Comparator Turned(Comparator comparator) => comparator switch
    {
        Comparator.Greater => Comparator.Less,
        Comparator.GreaterOrEqual => Comparator.LessOrEqual,
        Comparator.Less => Comparator.Greater,
        Comparator.LessOrEqual => Comparator.GreaterOrEqual,
        _ => comparator,
    };

    private static Comparator Opposite(Comparator comparator) => comparator switch
    {
        Comparator.Equal => Comparator.NotEqual,
        Comparator.NotEqual => Comparator.Equal,
        Comparator.Greater => Comparator.LessOrEqual,
        Comparator.GreaterOrEqual => Comparator.Less,
        Comparator.Less => Comparator.GreaterOrEqual,
        _ => Comparator.Greater,
    };

    private static DomainException Unsupported() => Invalid(
        $"A filter compares columns with values, by eq, ne, gt, ge, lt, le, in (…) and {FeedModel.StartsWith}(column,'…'), joined by and, or, not. "
        + "Filter by anything else where the feed is read.");

    private static DomainException Invalid(string detail) => DomainError.Field("$filter", "feed.filter-unsupported", detail).ToException();
}
