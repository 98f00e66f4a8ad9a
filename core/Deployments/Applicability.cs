using Atp.Core.Collections;
using Atp.Core.Devices;
using Atp.Core.Policies;

namespace Atp.Core.Deployments;

/// <summary>What a policy revision means for a device's platform.</summary>
public enum Applicability
{
    /// <summary>Up-level, or down-level with the Defender client: the device gets the configuration file.</summary>
    DeliverFile,

    /// <summary>Down-level onboarding: the device gets the workspace, and the Monitoring Agent when it is missing.</summary>
    DeliverWorkspace,

    /// <summary>Down-level offboarding: the Monitoring Agent is removed.</summary>
    RemoveMonitoringAgent,

    /// <summary>Down-level, and the policy has no workspace: it fails there, it is not skipped.</summary>
    WorkspaceMissing,

    /// <summary>The operating system can't be managed by this site.</summary>
    NotSupported,

    /// <summary>The offboarding file is past its own date; devices refuse it.</summary>
    Expired,
}

/// <summary>The rule behind <see cref="Applicability"/>.</summary>
public static class ApplicabilityRule
{
    /// <param name="policy">The policy's current revision.</param>
    /// <param name="platform">The device's platform, at the site's Configuration Manager version.</param>
    /// <param name="agent">What a down-level device has by client setting.</param>
    /// <param name="now">The moment of the decision, UTC.</param>
    public static Applicability Of(PolicyRevision policy, Platform platform, DownLevelAgent agent, DateTimeOffset now) => (platform, policy.Kind) switch
    {
        (Platform.Unsupported, _) => Applicability.NotSupported,
        _ when policy.ConfigurationFile.ExpiresAt <= now => Applicability.Expired,
        (Platform.UpLevel, _) => Applicability.DeliverFile,
        _ when agent == DownLevelAgent.DefenderClient => Applicability.DeliverFile,
        (_, PolicyKind.Offboarding) => Applicability.RemoveMonitoringAgent,
        _ when policy.Workspace is null => Applicability.WorkspaceMissing,
        _ => Applicability.DeliverWorkspace,
    };

    /// <summary>Whether there is something for the device to do.</summary>
    public static bool IsApplicable(this Applicability applicability) => applicability
        is Applicability.DeliverFile or Applicability.DeliverWorkspace or Applicability.RemoveMonitoringAgent;
}
