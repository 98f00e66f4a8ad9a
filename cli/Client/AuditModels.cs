namespace Atp.Cli.Client;

/// <summary>One entry of the audit.</summary>
public sealed record AuditEntryAnswer : Answer
{
    public required string Id { get; init; }

    public DateTimeOffset At { get; init; }

    public required string Outcome { get; init; }

    public required string CallerId { get; init; }

    public required string CallerName { get; init; }

    public string? Address { get; init; }

    public required string Action { get; init; }

    public required string Subject { get; init; }

    public required string Detail { get; init; }

    public string? CorrelationId { get; init; }

    /// <summary>Of a result: the entry that said what was intended.</summary>
    public string? IntentId { get; init; }
}

/// <summary>A chain of the audit, as the service verified it.</summary>
public sealed record AuditChainAnswer : Answer
{
    public required string Partition { get; init; }

    public int Entries { get; init; }

    public int Sequence { get; init; }

    public required string Hash { get; init; }

    /// <summary>Of the entry whose sequence was asked for; null when there is none.</summary>
    public string? AskedHash { get; init; }

    public IReadOnlyList<AuditFaultAnswer> Faults { get; init; } = [];

    public int FaultCount { get; init; }
}

public sealed record AuditFaultAnswer(string Kind, int? Sequence, string Text);
