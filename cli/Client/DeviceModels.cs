namespace Atp.Cli.Client;

public sealed record OperatingSystemAnswer : Answer
{
    public int Build { get; init; }

    public int ProductType { get; init; }

    public int Sku { get; init; }
}

public sealed record ImportAnswer : Answer
{
    public long Received { get; init; }

    public long Created { get; init; }

    public long Updated { get; init; }

    public long Unchanged { get; init; }

    public long Rejected { get; init; }

    public IReadOnlyList<RowError> Errors { get; init; } = [];
}

public sealed record RowError(long Line, string? Field, string? Code, string? Detail);

public sealed record DeviceAnswer : Answer
{
    public required string Id { get; init; }

    public string? Name { get; init; }

    public string? OperatingSystem { get; init; }

    public int Build { get; init; }

    public int ProductType { get; init; }

    public int Sku { get; init; }

    public string? Platform { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public string? MonitoringAgentVersion { get; init; }

    public string? DefenderClientVersion { get; init; }

    public bool Enrolled { get; init; }

    public bool Blocked { get; init; }

    public DateTimeOffset? LastSeen { get; init; }

    public AgentReportAnswer? LastReport { get; init; }

    public string? Health { get; init; }

    /// <summary>Null while it is in use.</summary>
    public MessageAnswer? RetirementMessage { get; init; }

    public MessageAnswer? HealthMessage { get; init; }

    /// <summary>Null while it shares what its policy says.</summary>
    public MessageAnswer? FileSamplesMessage { get; init; }

    /// <summary>The one that decides first.</summary>
    public IReadOnlyList<TargetAnswer> Targets { get; init; } = [];
}

public sealed record AgentReportAnswer : Answer
{
    public DateTimeOffset ReportedAt { get; init; }

    public DateTimeOffset? LastConnected { get; init; }

    public bool SenseIsRunning { get; init; }

    public int OnboardingState { get; init; }

    public string? OrgId { get; init; }

    public string? FileSamples { get; init; }
}

public sealed record TargetAnswer : Answer
{
    public required string DeploymentId { get; init; }

    public required string PolicyName { get; init; }

    public string? Kind { get; init; }

    public int Order { get; init; }

    public bool Effective { get; init; }

    public required string Status { get; init; }

    public required MessageAnswer Message { get; init; }

    public IReadOnlyList<DeliveryAnswer> Deliveries { get; init; } = [];

    public DateTimeOffset? PlacedAt { get; init; }

    public DateTimeOffset? ReportedAt { get; init; }

    public int? ReportedRevision { get; init; }

    public string? ErrorCode { get; init; }

    public int Redeliveries { get; init; }

    public DateTimeOffset? RedeliveredAt { get; init; }
}

public sealed record DeliveryAnswer : Answer
{
    public int Revision { get; init; }

    public DateTimeOffset At { get; init; }

    public string? FileSha256 { get; init; }

    public string? Workspace { get; init; }
}

/// <summary>A device's credential, as enrollment hands it out and check-ins renew it.</summary>
/// <param name="OldKey">The one before, kept until the new one has worked.</param>
public sealed record DeviceKey(string DeviceId, string Key, int KeyVersion, string? OldKey = null);

public sealed record EnrollmentsAnswer : Answer
{
    public IReadOnlyList<EnrollmentAnswer> Results { get; init; } = [];
}

/// <summary>One device's key, or why it got none.</summary>
public sealed record EnrollmentAnswer : Answer
{
    public required string DeviceId { get; init; }

    public string? Key { get; init; }

    public int? KeyVersion { get; init; }

    public string? Code { get; init; }

    public string? Detail { get; init; }

    /// <summary>Why it got none.</summary>
    public string Refusal => $"{Detail} [{Code}]";

    /// <summary>Null where it was refused.</summary>
    public DeviceKey? ToKey() => Key is null ? null : new DeviceKey(DeviceId, Key, KeyVersion!.Value);
}
