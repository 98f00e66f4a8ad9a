namespace Atp.Core.Health;

public enum Comparator
{
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// <summary>What rows must meet. Storage evaluates all of it, so there is nothing here that it can't.</summary>
public abstract record ReportingCondition;

/// <summary>A column against a value of its type: <see cref="string"/>, <see cref="int"/> or <see cref="DateTimeOffset"/>.</summary>
public sealed record ColumnComparison(ReportingColumn Column, Comparator Comparator, object Value) : ReportingCondition;

/// <summary>Each of two or more.</summary>
public sealed record AllOf(IReadOnlyList<ReportingCondition> Conditions) : ReportingCondition;

/// <summary>At least one of two or more.</summary>
public sealed record AnyOf(IReadOnlyList<ReportingCondition> Conditions) : ReportingCondition;

public sealed record ReportingOrder(ReportingColumn Column, bool Descending);

/// <summary>What is asked of a table that analysts read.</summary>
/// <param name="Table">The table.</param>
public sealed record ReportingQuery(ReportingTable Table)
{
    /// <summary>Null: every row.</summary>
    public ReportingCondition? Condition { get; init; }

    /// <summary>Those that the rows are to have; they have those of the key, too.</summary>
    public required IReadOnlyList<ReportingColumn> Columns { get; init; }

    /// <summary>Empty: as the rows lie, by key; in the history month by month.</summary>
    public IReadOnlyList<ReportingOrder> Order { get; init; } = [];

    /// <summary>Left out, before <see cref="Top"/> counts.</summary>
    public int Skip { get; init; }

    /// <summary>How many rows at most, over all pages; null for all.</summary>
    public int? Top { get; init; }

    /// <summary>Whether the first page says how many rows meet the condition.</summary>
    public bool Count { get; init; }

    /// <summary>From the page before; it has what of <see cref="Skip"/> and <see cref="Top"/> is left.</summary>
    public string? Continuation { get; init; }
}

/// <summary>A page of rows, each by the names of its columns. It may be short or empty and still have a continuation.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="Count">How many rows meet the condition; null when it wasn't asked for.</param>
/// <param name="Continuation">Opaque; gives the next page. Null on the last.</param>
public sealed record ReportingPage(IReadOnlyList<IReadOnlyDictionary<string, object>> Rows, int? Count, string? Continuation);
