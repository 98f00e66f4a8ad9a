namespace Atp.Core.Audit;

/// <summary>How far a change was when its row was written.</summary>
public enum AuditOutcome
{
    /// <summary>Before anything is written. Without another row after it, nobody knows how the change ended: the process died.</summary>
    Intended,
    Done,

    /// <summary>It was refused or broke off; parts of it may have been done.</summary>
    Failed,
}

/// <summary>One row of the audit: who did what to which thing, from where, with what result; never a secret.</summary>
public sealed record AuditEntry
{
    /// <summary>A version-7 UUID, so that an attempt to write it is recognised as its own.</summary>
    public required string Id { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who: the token's subject and application, <c>device:{id}</c>, or <c>service</c>.</summary>
    public required string CallerId { get; init; }

    /// <summary>For people.</summary>
    public required string CallerName { get; init; }

    /// <summary>The network address that the call came from; null for what the service does by itself.</summary>
    public string? Address { get; init; }

    /// <summary>What, e.g. <c>policy.create</c>.</summary>
    public required string Action { get; init; }

    /// <summary>The id of the thing.</summary>
    public required string Subject { get; init; }

    public required AuditOutcome Outcome { get; init; }

    /// <summary>More about it, e.g. <c>revision 3</c>, or the code of the error.</summary>
    public required string Detail { get; init; }

    /// <summary>The W3C trace id of the call: the same in its answers, logs and messages.</summary>
    public string? CorrelationId { get; init; }

    /// <summary>Of a result: the id of the entry that said what was intended.</summary>
    public string? IntentId { get; init; }

    /// <summary>Makes a fact recognisable, so that it is on record once in its partition; null: every call is an entry.</summary>
    public string? OnceKey { get; init; }
}
