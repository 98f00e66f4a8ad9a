using Atp.Core.Site;
using Atp.Core.Storage;
using Atp.Functions.Http;

namespace Atp.Functions.Site;

/// <summary>The site's Configuration Manager version, and what it supports, a line each.</summary>
public sealed record ConfigurationManagerAnswer(int Version, IReadOnlyList<string> Supports);

/// <summary>App roles.</summary>
/// <param name="All">Those that exist.</param>
/// <param name="Yours">Those of the caller's token.</param>
public sealed record RolesAnswer(IReadOnlyList<string> All, IReadOnlyList<string> Yours);

/// <summary>How old the figures are.</summary>
/// <param name="AsOf">Absent before the first roll-up.</param>
public sealed record FiguresAgeAnswer(DateTimeOffset? AsOf, int? AgeSeconds, bool Stale);

/// <summary>Which enrollment keys are in use: their versions in Key Vault, never the keys.</summary>
public sealed record EnrollmentKeysAnswer(string PrimaryVersion, string SecondaryVersion, DateTimeOffset? CreatedAt, int? AgeDays);

/// <summary>The prerequisites and how they stand.</summary>
/// <param name="Organisations">That devices say they are onboarded to, as of the last roll-up.</param>
/// <param name="EnrollmentKeys">Absent before the first enrollment.</param>
/// <param name="Warnings">Whatever is not as it should be, in words.</param>
public sealed record SiteAnswer(
    ConfigurationManagerAnswer ConfigurationManager, int Shards, int SchemaVersion, RolesAnswer Roles,
    IReadOnlyList<OrganisationSeen> Organisations, FiguresAgeAnswer Figures, IReadOnlyList<QueueLength> Queues, IReadOnlyList<TimerRun> Timers,
    EnrollmentKeysAnswer? EnrollmentKeys, IReadOnlyList<string> Warnings)
{
    public static SiteAnswer Of(SiteStatus status, IReadOnlySet<string> callersRoles, DateTimeOffset now) => new(
        new ConfigurationManagerAnswer(status.Settings.ConfigurationManagerVersion, status.Supported),
        status.Settings.ShardCount,
        SiteSettings.SchemaVersion,
        new RolesAnswer(Http.Roles.All, [.. Http.Roles.All.Where(callersRoles.Contains)]),
        status.Organisations,
        new FiguresAgeAnswer(status.FiguresAsOf, status.FiguresAsOf is { } asOf ? (int)(now - asOf).TotalSeconds : null, status.FiguresAreStale),
        status.Queues,
        status.Timers,
        status.EnrollmentKeys is { } keys
            ? new EnrollmentKeysAnswer(keys.Primary, keys.Secondary, keys.CreatedAt, keys.CreatedAt is { } made ? (int)(now - made).TotalDays : null)
            : null,
        status.WarningsAt(now));
}
