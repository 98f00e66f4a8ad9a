namespace Atp.Cli.Client;

public sealed record PolicyAnswer : Answer
{
    public required string Id { get; init; }

    public required int Revision { get; init; }

    public int Order { get; init; }

    public required string Name { get; init; }

    public required string Kind { get; init; }

    public string? Description { get; init; }

    public ConfigurationFileAnswer? ConfigurationFile { get; init; }

    public WorkspaceFactsAnswer? Workspace { get; init; }

    public string? FileSamples { get; init; }

    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Until an offboarding file expires; null for onboarding.</summary>
    public int? DaysLeft { get; init; }

    /// <summary>Null while it is in use.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    public DateTimeOffset? RecoverableUntil { get; init; }
}

/// <summary>A policy as it was.</summary>
public sealed record PolicyRevisionAnswer : Answer
{
    public required int Revision { get; init; }

    public required string Name { get; init; }

    public required string Kind { get; init; }

    public string? Description { get; init; }

    public ConfigurationFileAnswer? ConfigurationFile { get; init; }

    public WorkspaceFactsAnswer? Workspace { get; init; }

    public string? FileSamples { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public string? CreatedBy { get; init; }
}

public sealed record ConfigurationFileAnswer : Answer
{
    public string? FileName { get; init; }

    public string? Sha256 { get; init; }

    public string? OrgId { get; init; }

    public string? Version { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }
}

public sealed record WorkspaceFactsAnswer : Answer
{
    public string? Id { get; init; }

    public bool KeySet { get; init; }
}
