namespace Atp.Core.Deployments;

/// <summary>A policy deployed to collections.</summary>
public sealed record Deployment
{
    public required string Id { get; init; }

    /// <summary>1 when created; one more for every change by an administrator.</summary>
    public int Revision { get; init; } = 1;

    public required string PolicyId { get; init; }

    public required IReadOnlyList<string> CollectionIds { get; init; }

    /// <summary>Each fan-out over the fleet has its own; a message of an older one does nothing.</summary>
    public int Generation { get; init; } = 1;

    public required DateTimeOffset CreatedAt { get; init; }

    public required string CreatedBy { get; init; }

    /// <summary>Null while it is in force.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    public string? EndReason { get; init; }

    public string? EndedBy { get; init; }
}
