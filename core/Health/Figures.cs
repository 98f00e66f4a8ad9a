using Atp.Core.Deployments;

namespace Atp.Core.Health;

/// <summary>
/// Counts of devices in one scope. The five health states are disjoint; those and <see cref="Offboarding"/> count devices whose
/// winning policy is applicable to them.
/// </summary>
/// <param name="Devices">All devices of the scope.</param>
/// <param name="Targeted">Those that a live deployment targets.</param>
/// <param name="FileSamplesDrifted">Those that applied their policy and share other file samples than it says; they are in a health state too.</param>
public sealed record HealthFigures(
    int Devices, int Targeted, int Healthy, int AgentState, int Inactive, int NotOnboarded, int NeverReached, int Offboarding,
    int FileSamplesDrifted = 0)
{
    public static HealthFigures None { get; } = new(0, 0, 0, 0, 0, 0, 0, 0);

    /// <summary>Onboarding status, numerator: the agent has reported that it is onboarded.</summary>
    public int Onboarded => Healthy + AgentState + Inactive;

    /// <summary>Onboarding status, denominator: eligible devices that were reached. 0 means that there is no data, not 0 %.</summary>
    public int Eligible => Onboarded + NotOnboarded;

    public static HealthFigures operator +(HealthFigures left, HealthFigures right) => new(
        left.Devices + right.Devices, left.Targeted + right.Targeted, left.Healthy + right.Healthy,
        left.AgentState + right.AgentState, left.Inactive + right.Inactive, left.NotOnboarded + right.NotOnboarded,
        left.NeverReached + right.NeverReached, left.Offboarding + right.Offboarding,
        left.FileSamplesDrifted + right.FileSamplesDrifted);

    public static HealthFigures Add(HealthFigures left, HealthFigures right) => left + right;

    /// <summary>One device.</summary>
    public static HealthFigures Of(DeviceDecision decision) => new(
        1,
        decision.Winner is null ? 0 : 1,
        decision.Health == HealthState.Healthy ? 1 : 0,
        decision.Health == HealthState.AgentState ? 1 : 0,
        decision.Health == HealthState.Inactive ? 1 : 0,
        decision.Health == HealthState.NotOnboarded ? 1 : 0,
        decision.Health == HealthState.NeverReached ? 1 : 0,
        decision.IsOffboarding ? 1 : 0,
        decision.FileSamplesDrifted ? 1 : 0);
}

/// <summary>How many targets of one deployment stand where; every target counts exactly once.</summary>
public sealed record StatusCounts(int Success, int Error, int RequirementsNotMet, int InProgress, int Unknown, int Superseded)
{
    public static StatusCounts None { get; } = new(0, 0, 0, 0, 0, 0);

    public static StatusCounts operator +(StatusCounts left, StatusCounts right) => new(
        left.Success + right.Success, left.Error + right.Error, left.RequirementsNotMet + right.RequirementsNotMet,
        left.InProgress + right.InProgress, left.Unknown + right.Unknown, left.Superseded + right.Superseded);

    public static StatusCounts Add(StatusCounts left, StatusCounts right) => left + right;

    public static StatusCounts Of(AssignmentStatus status) => new(
        status == AssignmentStatus.Success ? 1 : 0,
        status == AssignmentStatus.Error ? 1 : 0,
        status == AssignmentStatus.RequirementsNotMet ? 1 : 0,
        status == AssignmentStatus.InProgress ? 1 : 0,
        status == AssignmentStatus.Unknown ? 1 : 0,
        status == AssignmentStatus.Superseded ? 1 : 0);
}

/// <summary>A scope's figures as of one roll-up.</summary>
/// <param name="Scope"><c>site</c>, <c>platform!x</c>, <c>os!x</c> or <c>collection!id</c>.</param>
/// <param name="Name">For people: the platform's, operating system's or collection's name.</param>
/// <param name="AsOf">The roll-up's moment, UTC.</param>
/// <param name="Figures">The counts.</param>
public sealed record ScopeFigures(string Scope, string Name, DateTimeOffset AsOf, HealthFigures Figures)
{
    public const string Site = "site";

    /// <summary><c>site</c>, <c>platform</c>, <c>os</c> or <c>collection</c>.</summary>
    public string Kind => Scope.Split('!')[0];
}

/// <summary>A deployment's statuses as of one roll-up.</summary>
public sealed record DeploymentFigures(string DeploymentId, string PolicyId, string PolicyName, DateTimeOffset AsOf, StatusCounts Statuses);
