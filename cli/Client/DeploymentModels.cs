using System.Globalization;
using System.Text.Json.Serialization;

namespace Atp.Cli.Client;

public sealed record DeploymentAnswer : Answer
{
    public required string Id { get; init; }

    public required string PolicyId { get; init; }

    /// <summary>Null where the policy is gone.</summary>
    public string? PolicyName { get; init; }

    public IReadOnlyList<string> CollectionIds { get; init; } = [];

    public IReadOnlyList<string> CollectionNames { get; init; } = [];

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
