using Atp.Core.Collections;
using Atp.Core.Devices;
using Atp.Core.Policies;
using Atp.Core.Site;

namespace Atp.Core.Deployments;

/// <summary>How a deployment stands on a device, in Configuration Manager's words.</summary>
public enum AssignmentStatus
{
    /// <summary>The device has not fetched the policy yet.</summary>
    Unknown,

    /// <summary>Fetched, and nothing reported for the current revision.</summary>
    InProgress,

    Success,

    Error,

    /// <summary>The operating system is not supported.</summary>
    RequirementsNotMet,

    /// <summary>Another policy with a better order, or a newer deployment, holds this device.</summary>
    Superseded,
}

/// <summary>The agent health of a device whose policy is an applicable onboarding policy.</summary>
public enum HealthState
{
    /// <summary>Nothing fetched and nothing reported.</summary>
    NeverReached,

    /// <summary>The policy was fetched, but the agent hasn't reported that it is onboarded.</summary>
    NotOnboarded,

    /// <summary>The agent's Windows service isn't running.</summary>
    AgentState,

    /// <summary>No data sent to the service during the period.</summary>
    Inactive,

    Healthy,
}

/// <summary>One deployment that targets a device, and how it stands there.</summary>
public sealed record TargetedDeployment(
    Deployment Deployment, Policy Policy, Applicability Applicability, AssignmentStatus Status, Assignment? Assignment);

/// <summary>
/// What the stored facts mean for one device at one moment. Check-in, downloads, the roll-up and the device page all use this
/// and nothing else, so that they never disagree, and a change of policy, order or site needs no row rewritten.
/// </summary>
/// <param name="OperatingSystem">Name and platform, by the site's rule set.</param>
/// <param name="Targets">The live deployments that target the device; the winner first, then in the order of precedence.</param>
/// <param name="Health">Null when the winner isn't an applicable onboarding policy.</param>
/// <param name="IsOffboarding">The winner is an applicable offboarding policy.</param>
public sealed record DeviceDecision(
    OperatingSystemClass OperatingSystem, IReadOnlyList<TargetedDeployment> Targets, HealthState? Health, bool IsOffboarding)
{
    /// <summary>What a down-level device has by client setting; says nothing of an up-level one.</summary>
    public DownLevelAgent Agent { get; init; }

    /// <summary>The device applied the policy and reports that it shares other file samples than the policy says.</summary>
    public bool FileSamplesDrifted { get; init; }

    /// <summary>It is enrolled, and its key is under an enrollment key that is not the newest. Says nothing of deployments.</summary>
    public bool OnOldEnrollmentKey { get; init; }

    /// <summary>The deployment that decides: lowest policy order, then the newest deployment.</summary>
    public TargetedDeployment? Winner => Targets.Count > 0 ? Targets[0] : null;

    /// <param name="device">The device row's facts.</param>
    /// <param name="assignments">Its assignment rows; one that is missing counts as placed, one too many is ignored.</param>
    /// <param name="site">Live deployments, current policies, settings.</param>
    /// <param name="now">The moment of the decision, UTC.</param>
    public static DeviceDecision For(
        Device device, IReadOnlyDictionary<string, Assignment> assignments, SiteSnapshot site, DateTimeOffset now)
    {
        var operatingSystem = PlatformRules.Classify(device.Inventory.OperatingSystem, site.Settings.ConfigurationManagerVersion);
        var onOldEnrollmentKey = device.KeyVersion > 0 && device.KeyGeneration < site.EnrollmentGeneration;
        var deployments = site.DeploymentsOf(device.Collections);
        if (deployments.Count == 0)
        {
            return new DeviceDecision(operatingSystem, [], null, false) { OnOldEnrollmentKey = onOldEnrollmentKey };
        }

        var agent = site.AgentOf(device.Inventory.OperatingSystem, device.Collections);
        var targets = new List<TargetedDeployment>(deployments.Count);
        foreach (var deployment in deployments.ByPrecedence(id => site.Policies[id].Order))
        {
            var policy = site.Policies[deployment.PolicyId];
            var applicability = ApplicabilityRule.Of(policy.Current, operatingSystem.Platform, agent, now);
            var assignment = assignments.GetValueOrDefault(deployment.Id);
            var status = targets.Count == 0
                ? StatusOf(policy.Current.Revision, applicability, assignment)
                : AssignmentStatus.Superseded;
            targets.Add(new TargetedDeployment(deployment, policy, applicability, status, assignment));
        }

        var winner = targets[0];
        var applicable = winner.Applicability.IsApplicable();
        var onboarding = winner.Policy.Current.Kind == PolicyKind.Onboarding;
        return new DeviceDecision(
            operatingSystem,
            targets,
            applicable && onboarding ? HealthOf(device.Health, winner.Assignment, site.Settings.InactiveAfter, now) : null,
            applicable && !onboarding)
        {
            Agent = agent,
            OnOldEnrollmentKey = onOldEnrollmentKey,
            FileSamplesDrifted = applicable && onboarding && winner.Status == AssignmentStatus.Success
                && device.Health?.FileSamples is { } shared && shared != winner.Policy.Current.FileSamples,
        };
    }

    /// <summary>A report for an older revision counts as not done.</summary>
    internal static AssignmentStatus StatusOf(int currentRevision, Applicability applicability, Assignment? assignment)
    {
        if (applicability == Applicability.NotSupported)
        {
            return AssignmentStatus.RequirementsNotMet;
        }

        if (applicability == Applicability.WorkspaceMissing)
        {
            return AssignmentStatus.Error;
        }

        if (assignment?.ReportedRevision == currentRevision && assignment.Result is { } result)
        {
            return result == AssignmentResult.Success ? AssignmentStatus.Success : AssignmentStatus.Error;
        }

        // Expired after some devices were done: those stay done, the others can't be any more.
        if (applicability == Applicability.Expired)
        {
            return AssignmentStatus.Error;
        }

        return assignment?.FetchedRevision is null && assignment?.ReportedRevision is null
            ? AssignmentStatus.Unknown
            : AssignmentStatus.InProgress;
    }

    /// <summary>The first that holds, from the top of <see cref="HealthState"/>.</summary>
    internal static HealthState HealthOf(AgentHealth? health, Assignment? assignment, TimeSpan inactiveAfter, DateTimeOffset now)
    {
        if (health is null && assignment?.FetchedRevision is null && assignment?.Result is null)
        {
            return HealthState.NeverReached;
        }

        if (health is not { OnboardingState: 1 })
        {
            return HealthState.NotOnboarded;
        }

        if (!health.SenseIsRunning)
        {
            return HealthState.AgentState;
        }

        return health.LastConnected is null || now - health.LastConnected > inactiveAfter
            ? HealthState.Inactive
            : HealthState.Healthy;
    }
}
