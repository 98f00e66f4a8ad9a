namespace Atp.Cli.Client;

public sealed record HealthSummaryAnswer : Answer
{
    public DateTimeOffset? AsOf { get; init; }

    public bool Stale { get; init; }

    /// <summary>Null before the first roll-up.</summary>
    public ScopeAnswer? Site { get; init; }

    public IReadOnlyList<ScopeAnswer> Scopes { get; init; } = [];
}

/// <summary>The figures of one scope as of one roll-up.</summary>
public sealed record ScopeAnswer : Answer
{
    public string? Scope { get; init; }

    public string? Name { get; init; }

    public DateTimeOffset AsOf { get; init; }

    public int Devices { get; init; }

    public int Targeted { get; init; }

    public int Healthy { get; init; }

    public int AgentState { get; init; }

    public int Inactive { get; init; }

    public int NotOnboarded { get; init; }

    public int NeverReached { get; init; }

    public int Offboarding { get; init; }

    public int OnOldEnrollmentKey { get; init; }

    public int Onboarded { get; init; }

    public int Eligible { get; init; }

    /// <summary>Null when there is no data.</summary>
    public double? OnboardingPercent { get; init; }
}

public sealed record RollUpAnswer : Answer
{
    public string? Id { get; init; }

    public DateTimeOffset AsOf { get; init; }

    /// <summary><c>Running</c>, <c>Completed</c> or <c>Abandoned</c>.</summary>
    public required string State { get; init; }

    public int ShardsDone { get; init; }
}
