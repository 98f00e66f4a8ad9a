using Atp.Core.Deployments;

namespace Atp.Core.Health;

/// <summary>
/// Counts of devices in one scope. The five health states are disjoint; those and <see cref="Offboarding"/> count devices whose
/// winning policy is applicable to them.
/// </summary>
/// <param name="Devices">All devices of the scope.</param>
/// <param name="Targeted">Those that a live deployment targets.</param>
/// <param name="FileSamplesDrifted">Those that applied their policy and share other file samples than it says; they are in a health state too.</param>
/// <param name="OnOldEnrollmentKey">Those whose key is under an enrollment key that is not the newest, whatever targets them.</param>
public sealed record HealthFigures(
    int Devices, int Targeted, int Healthy, int AgentState, int Inactive, int NotOnboarded, int NeverReached, int Offboarding,
    int FileSamplesDrifted = 0, int OnOldEnrollmentKey = 0)
{
    public static HealthFigures None { get; } = new(0, 0, 0, 0, 0, 0, 0, 0);

    /// <summary>Onboarding status, numerator: the agent has reported that it is onboarded.</summary>
    public int Onboarded => Healthy + AgentState + Inactive;

    /// <summary>Onboarding status, denominator: eligible devices that were reached. 0 means that there is no data, not 0 %.</summary>
    public int Eligible => Onboarded + NotOnboarded;

    /// <summary>No live deployment targets them.</summary>
    public int NotTargeted => Devices - Targeted;

    public static HealthFigures operator +(HealthFigures left, HealthFigures right) => new(
        left.Devices + right.Devices, left.Targeted + right.Targeted, left.Healthy + right.Healthy,
        left.AgentState + right.AgentState, left.Inactive + right.Inactive, left.NotOnboarded + right.NotOnboarded,
        left.NeverReached + right.NeverReached, left.Offboarding + right.Offboarding,
        left.FileSamplesDrifted + right.FileSamplesDrifted, left.OnOldEnrollmentKey + right.OnOldEnrollmentKey);

    public static HealthFigures Add(HealthFigures left, HealthFigures right) => left + right;

    /// <summary>One device.</summary>
    public static HealthFigures Of(DeviceDecision decision)
    {
        int Count(Figure figure) => figure.Counts(decision) ? 1 : 0;
        return new HealthFigures(
            1, Count(Figure.Targeted), Count(Figure.Healthy), Count(Figure.AgentState), Count(Figure.Inactive), Count(Figure.NotOnboarded),
            Count(Figure.NeverReached), Count(Figure.Offboarding), Count(Figure.FileSamplesDrifted),
            Count(Figure.OnOldEnrollmentKey));
    }
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
/// <param name="Scope"><c>site</c>, or a kind and a key: <c>platform!UpLevel</c>; see <see cref="FigureScopes"/>.</param>
/// <param name="Name">For people: a collection's name, the name of a deployment's policy, else the key.</param>
/// <param name="AsOf">The roll-up's moment, UTC.</param>
/// <param name="Figures">The counts.</param>
public sealed record ScopeFigures(string Scope, string Name, DateTimeOffset AsOf, HealthFigures Figures)
{
    public const string Site = "site";

    /// <summary><c>site</c>, or one of <see cref="FigureScopes.Kinds"/>.</summary>
    public string Kind => FigureScopes.KindOf(Scope);
}

/// <summary>A deployment's statuses as of one roll-up.</summary>
public sealed record DeploymentFigures(string DeploymentId, string PolicyId, string PolicyName, DateTimeOffset AsOf, StatusCounts Statuses);
