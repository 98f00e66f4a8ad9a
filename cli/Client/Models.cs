using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Atp.Cli.Client;

/// <summary>
/// An answer of the service. The properties are those that the command uses; whatever else the service said is kept, so that
/// <c>--output json</c> shows the whole answer.
/// </summary>
public abstract record Answer
{
    [JsonExtensionData]
    public IDictionary<string, JsonElement> Other { get; init; } = new Dictionary<string, JsonElement>();
}

/// <summary>One page of a list.</summary>
public sealed record ListAnswer<T>(IReadOnlyList<T> Value, string? NextLink);

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

public sealed record CollectionAnswer : Answer
{
    public required string Id { get; init; }

    public required int Revision { get; init; }

    public required string Name { get; init; }

    public string? Description { get; init; }

    public IReadOnlyList<RuleBody> Rules { get; init; } = [];

    public IReadOnlyList<string> IncludeCollectionIds { get; init; } = [];

    public IReadOnlyList<string> ExcludeCollectionIds { get; init; } = [];

    public string? LimitingCollectionId { get; init; }

    public string? DownLevelAgent { get; init; }

    /// <summary>As counted by the evaluation; null in a list.</summary>
    public int? Members { get; init; }

    /// <summary>Null in a list.</summary>
    public EvaluationAnswer? Evaluation { get; init; }
}

/// <summary>What a bulk change of direct members did.</summary>
public sealed record MembersChangeAnswer : Answer
{
    public int Changed { get; init; }

    public int Unchanged { get; init; }

    /// <summary>Ids of no device; the others are done all the same.</summary>
    public IReadOnlyList<string> Unknown { get; init; } = [];
}

public sealed record MemberAnswer : Answer
{
    public required string DeviceId { get; init; }

    public OperatingSystemAnswer? OperatingSystem { get; init; }

    /// <summary>The organisation that it last reported to be onboarded to.</summary>
    public string? OnboardedTo { get; init; }
}

public sealed record OperatingSystemAnswer : Answer
{
    public int Build { get; init; }

    public int ProductType { get; init; }

    public int Sku { get; init; }
}

public sealed record EvaluationAnswer : Answer
{
    public int Shards { get; init; }

    public int ShardsDone { get; init; }

    /// <summary>When the rules were last applied to every device because they had changed; null before the first time.</summary>
    public DateTimeOffset? FullAt { get; init; }

    /// <summary>As of when a roll-up last brought every device up to date; null before the first one.</summary>
    public DateTimeOffset? IncrementalAt { get; init; }
}

/// <summary>A query rule: all conditions that are given must hold.</summary>
public sealed record RuleBody(string? OperatingSystem, string? NamePattern, string? Tag);

/// <summary>A new collection, or an edit: what is null isn't sent.</summary>
public sealed record CollectionBody
{
    public string? Name { get; init; }

    public string? Description { get; init; }

    public IReadOnlyList<RuleBody>? Rules { get; init; }

    public IReadOnlyList<string>? IncludeCollectionIds { get; init; }

    public IReadOnlyList<string>? ExcludeCollectionIds { get; init; }

    /// <summary>An empty text removes it.</summary>
    public string? LimitingCollectionId { get; init; }

    public string? DownLevelAgent { get; init; }
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

/// <summary>How something is, and what to do.</summary>
public sealed record MessageAnswer : Answer
{
    public required string Text { get; init; }

    public string? WhatToDo { get; init; }
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

/// <summary>A deployment in a list: without progress and statuses.</summary>
public sealed record DeploymentSummary : Answer
{
    public required string Id { get; init; }

    public required string PolicyId { get; init; }

    public IReadOnlyList<string> CollectionIds { get; init; } = [];

    public DateTimeOffset CreatedAt { get; init; }

    public string? CreatedBy { get; init; }

    /// <summary>Null while it is in force.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    public string? EndReason { get; init; }

    public string? EndedBy { get; init; }
}

public sealed record DeploymentAnswer : Answer
{
    public required string Id { get; init; }

    public required string PolicyId { get; init; }

    public IReadOnlyList<string> CollectionIds { get; init; } = [];

    /// <summary><c>Placing</c>, <c>Active</c> or <c>Ended</c>.</summary>
    public required string State { get; init; }

    public DeploymentProgress? Progress { get; init; }

    /// <summary>As of the last roll-up; null before it.</summary>
    public StatusFigures? Statuses { get; init; }

    public IReadOnlyList<string> Warnings { get; init; } = [];

    public DateTimeOffset CreatedAt { get; init; }

    public string? CreatedBy { get; init; }

    /// <summary>Null while it is in force.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    public string? EndReason { get; init; }

    public string? EndedBy { get; init; }
}

public sealed record DeploymentProgress : Answer
{
    public int Shards { get; init; }

    public int ShardsDone { get; init; }

    public int Devices { get; init; }

    public int UpLevel { get; init; }

    public int DownLevel { get; init; }

    public int InError { get; init; }

    public int NotSupported { get; init; }
}

/// <summary>How many targets of a deployment stand where.</summary>
public sealed record StatusFigures : Answer
{
    public DateTimeOffset? AsOf { get; init; }

    public int Success { get; init; }

    public int Error { get; init; }

    public int RequirementsNotMet { get; init; }

    public int InProgress { get; init; }

    public int Unknown { get; init; }

    public int Superseded { get; init; }

    [JsonIgnore]
    public int Devices => Final + InProgress + Unknown;

    /// <summary>Those that have nothing left to do.</summary>
    [JsonIgnore]
    public int Final => Success + Error + RequirementsNotMet + Superseded;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Success:N0} success, {Error:N0} error, {RequirementsNotMet:N0} requirements not met, {InProgress:N0} in progress, {Unknown:N0} unknown, {Superseded:N0} superseded");
}

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
