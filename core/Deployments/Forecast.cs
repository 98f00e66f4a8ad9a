using Atp.Core.Devices;
using Atp.Core.Policies;
using Atp.Core.Site;

namespace Atp.Core.Deployments;

/// <summary>Why a policy would fail on a device.</summary>
public enum FailureReason
{
    /// <summary>Down-level, and the policy has no workspace.</summary>
    WorkspaceMissing,

    /// <summary>The device is onboarded to an organisation that isn't the configuration file's: it takes neither kind of file.</summary>
    AnotherOrganisation,

    /// <summary>The offboarding file is past its own date.</summary>
    Expired,
}

/// <summary>What a policy would come to on a device, as far as the index of its collections tells.</summary>
/// <param name="OperatingSystem">Name and platform, by the site's rule set.</param>
/// <param name="Applicability">What the policy means for it.</param>
/// <param name="Failure">Null when it would succeed, or when its system is not supported.</param>
public readonly record struct Forecast(OperatingSystemClass OperatingSystem, Applicability Applicability, FailureReason? Failure)
{
    /// <param name="member">With those of the Defender client's collections that it is in.</param>
    /// <param name="policy">The policy's current revision.</param>
    /// <param name="site">The settings, and the collections with the Defender client.</param>
    /// <param name="now">The moment of the forecast, UTC.</param>
    public static Forecast Of(MergedMember member, PolicyRevision policy, SiteSnapshot site, DateTimeOffset now)
    {
        var operatingSystem = PlatformRules.Classify(member.OperatingSystem, site.Settings.ConfigurationManagerVersion);
        var applicability = ApplicabilityRule.Of(
            policy, operatingSystem.Platform, site.AgentOf(member.OperatingSystem, member.CollectionIds), now);
        return new Forecast(operatingSystem, applicability, applicability switch
        {
            Applicability.WorkspaceMissing => FailureReason.WorkspaceMissing,
            Applicability.Expired => FailureReason.Expired,
            Applicability.NotSupported => null,
            _ => IsAnother(member.OnboardedTo, policy.ConfigurationFile.OrgId) ? FailureReason.AnotherOrganisation : null,
        });
    }

    /// <summary>For people: what is wrong and what to do.</summary>
    public static string Explain(FailureReason reason) => reason switch
    {
        FailureReason.WorkspaceMissing =>
            "Workspace ID and key are missing and the policy fails there: down-level systems need both. Add them to the policy.",
        FailureReason.AnotherOrganisation =>
            "These devices are onboarded to another organisation than the policy's file is of. Offboard them with that organisation's file first.",
        _ => "The offboarding file has expired, and devices refuse it. Download a new one and update the policy.",
    };

    /// <summary>What a device reports is free text; what the file says is a GUID.</summary>
    private static bool IsAnother(string? onboardedTo, string orgId) =>
        onboardedTo is not null && !(Guid.TryParse(onboardedTo, out var organisation) && organisation.ToString() == orgId);
}
