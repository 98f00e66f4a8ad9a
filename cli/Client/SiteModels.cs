namespace Atp.Cli.Client;

/// <summary>The prerequisites and how they stand.</summary>
public sealed record SiteAnswer : Answer
{
    public required ConfigurationManagerAnswer ConfigurationManager { get; init; }

    public int Shards { get; init; }

    public required RolesAnswer Roles { get; init; }

    public IReadOnlyList<OrganisationAnswer> Organisations { get; init; } = [];

    public FiguresAgeAnswer? Figures { get; init; }

    public IReadOnlyList<QueueAnswer> Queues { get; init; } = [];

    public IReadOnlyList<TimerAnswer> Timers { get; init; } = [];

    /// <summary>Null before the first enrollment.</summary>
    public EnrollmentKeysAnswer? EnrollmentKeys { get; init; }

    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>The version, and what it supports, a line each.</summary>
public sealed record ConfigurationManagerAnswer(int Version, IReadOnlyList<string> Supports);

public sealed record RolesAnswer(IReadOnlyList<string> All, IReadOnlyList<string> Yours);

public sealed record OrganisationAnswer(string OrgId, int Devices);

/// <summary>How old the figures are; no time before the first.</summary>
public sealed record FiguresAgeAnswer(DateTimeOffset? AsOf, int? AgeSeconds, bool Stale);

public sealed record QueueAnswer(string Name, int Length, int Poison);

public sealed record TimerAnswer(string Name, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, string? Result);

/// <summary>Versions in Key Vault and age; never the keys.</summary>
public sealed record EnrollmentKeysAnswer : Answer
{
    public int Generation { get; init; }

    /// <summary>Null when nothing but the primary is valid.</summary>
    public string? SecondaryVersion { get; init; }

    /// <summary>Null when the primary is the first.</summary>
    public DateTimeOffset? RotatedAt { get; init; }

    public DateTimeOffset HandedOutFrom { get; init; }

    public int AgeDays { get; init; }

    /// <summary>As of the last roll-up.</summary>
    public int? DevicesOnOldKey { get; init; }

    /// <summary>After a change: by then every instance goes by it.</summary>
    public DateTimeOffset? InForceFrom { get; init; }
}
