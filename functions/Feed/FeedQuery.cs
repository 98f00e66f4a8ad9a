using Atp.Core.Errors;
using Atp.Core.Health;
using Microsoft.AspNetCore.Http;
using Microsoft.OData;
using Microsoft.OData.UriParser;

namespace Atp.Functions.Feed;

/// <summary>What a call asks of an entity set, by the system query options of OData.</summary>
/// <param name="Rows">For core.</param>
/// <param name="Selection">As the answer's context has to name it; null for all columns.</param>
internal sealed record FeedQuery(ReportingQuery Rows, SelectExpandClause? Selection)
{
    public const string SkipToken = "$skiptoken";

    public const string Format = "$format";

    /// <summary>Much more than a filter that storage takes.</summary>
    private const int LongestOption = 4096;

    private static readonly string[] Options = ["$filter", "$select", "$orderby", "$top", "$skip", "$count", SkipToken, Format];

    /// <summary>The options that a link to the next page leaves out: what of them is left stands in its <see cref="SkipToken"/>.</summary>
    private static readonly string[] OfFirstPage = ["$top", "$skip", "$count", SkipToken];

    /// <exception cref="DomainException">Invalid, by the name of the option.</exception>
    public static FeedQuery Parse(ReportingTable table, IQueryCollection given)
    {
        var options = given.Where(q => q.Key.StartsWith('$')).ToDictionary(q => q.Key, q => q.Value);
        foreach (var (name, values) in options)
        {
            if (!Options.Contains(name))
            {
                throw DomainError.Field(name, "feed.option-unsupported", $"The feed has these query options: {string.Join(", ", Options)}.").ToException();
            }

            if (values.Count > 1)
            {
                throw Unreadable(name, "comes more than once");
            }

            if (values.ToString().Length > LongestOption)
            {
                throw Unreadable(name, $"has more than {LongestOption} characters");
            }
        }

        var set = FeedModel.SetOf(table);
        var parser = new ODataQueryOptionParser(FeedModel.Edm, set.EntityType, set, options.ToDictionary(o => o.Key, o => o.Value.ToString()));
        var selection = Read("$select", parser.ParseSelectAndExpand);
        return new FeedQuery(
            new ReportingQuery(table)
            {
                Condition = Read("$filter", parser.ParseFilter) is { } filter ? FeedFilter.Of(table, filter.Expression) : null,
                Columns = selection is null ? table.Columns : ColumnsOf(table, selection),
                Order = OrderOf(table, Read("$orderby", parser.ParseOrderBy)),
                Skip = (int)Math.Min(Read("$skip", parser.ParseSkip) ?? 0, int.MaxValue),
                Top = Read("$top", parser.ParseTop) is { } top ? (int)Math.Min(top, int.MaxValue) : null,
                Count = Read("$count", parser.ParseCount) ?? false,
                Continuation = options.TryGetValue(SkipToken, out var token) ? token.ToString() : null,
            },
            selection);

        // The library's messages quote types and input; only the place is told. Of some input it means to complain, and fails.
        T Read<T>(string name, Func<T> parse)
        {
            try
            {
                return parse();
            }
            catch (Exception e) when (e is ODataException or ArgumentException or InvalidCastException or FormatException or OverflowException)
            {
                throw Unreadable(name, $"can't be read. The columns of {table.Name} are {string.Join(", ", table.Columns.Select(c => c.Name))}", e);
            }
        }
    }

    /// <summary>The query of the link to the page behind a continuation.</summary>
    public static QueryString NextQuery(IQueryCollection given, string continuation) => QueryString.Create(
        [.. given.Where(q => !OfFirstPage.Contains(q.Key)), new(SkipToken, continuation)]);

    private static IReadOnlyList<ReportingColumn> ColumnsOf(ReportingTable table, SelectExpandClause selection) => selection.AllSelected
        ? table.Columns
        : [.. table.Columns.Where(column => selection.SelectedItems.Any(item => item switch
        {
            WildcardSelectItem => true,
            PathSelectItem { SelectedPath: { Count: 1, FirstSegment: PropertySegment property } } => property.Property.Name == column.Name,
            _ => throw Unreadable("$select", "names columns only"),
        }))];

    private static List<ReportingOrder> OrderOf(ReportingTable table, OrderByClause? clause)
    {
        var order = new List<ReportingOrder>();
        for (; clause is not null; clause = clause.ThenBy)
        {
            order.Add(clause.Expression is SingleValuePropertyAccessNode access
                ? new ReportingOrder(table.Columns.Single(c => c.Name == access.Property.Name), clause.Direction == OrderByDirection.Descending)
                : throw Unreadable("$orderby", "names columns only, each with asc or desc"));
        }

        return order;
    }

    private static DomainException Unreadable(string name, string why, Exception? inner = null) =>
        DomainError.Field(name, "feed.option-invalid", $"{name} {why}.").ToException(inner);
}
