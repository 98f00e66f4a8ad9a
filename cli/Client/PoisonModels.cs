namespace Atp.Cli.Client;

public sealed record PoisonQueueAnswer(string Queue, int Waiting, int Poisoned);

/// <summary>The first messages of a queue that were given up.</summary>
public sealed record PoisonMessagesAnswer(string Queue, int Poisoned, IReadOnlyList<PoisonMessageAnswer> Value);

/// <summary>One of them, as far as the service shows it.</summary>
public sealed record PoisonMessageAnswer : Answer
{
    public required string Id { get; init; }

    public DateTimeOffset PoisonedAt { get; init; }

    public DateTimeOffset ExpiresAt { get; init; }

    public long DequeueCount { get; init; }

    public int Length { get; init; }

    public string? Sha256 { get; init; }

    /// <summary>Null when it can be read.</summary>
    public string? Fault { get; init; }

    public IReadOnlyList<PoisonFieldAnswer> Fields { get; init; } = [];

    public int ReportCount { get; init; }

    public IReadOnlyList<PoisonReportAnswer> Reports { get; init; } = [];
}

public sealed record PoisonFieldAnswer(string Name, string Value);

/// <summary>A report that nobody has verified.</summary>
public sealed record PoisonReportAnswer : Answer
{
    public string? DeviceId { get; init; }

    public string? Fault { get; init; }

    public DateTimeOffset? ReportedAt { get; init; }

    public bool? SenseIsRunning { get; init; }

    public int? OnboardingState { get; init; }

    public string? DeploymentId { get; init; }

    public string? Result { get; init; }

    public string? ErrorCode { get; init; }
}

/// <summary>Messages that were put back or deleted, and about how many are left.</summary>
public sealed record PoisonChangeAnswer(string Queue, int Done, int Left);
