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
/// <param name="Generation">Of the primary; one more with each rotation.</param>
/// <param name="SecondaryVersion">Still valid; absent when nothing but the primary is.</param>
/// <param name="RotatedAt">When the primary was made; absent when it is the first.</param>
/// <param name="HandedOutFrom">When devices are first given keys under the primary.</param>
/// <param name="AgeDays">Of the primary.</param>
/// <param name="DevicesOnOldKey">As of the last roll-up; absent in the answer to a change.</param>
/// <param name="InForceFrom">In the answer to a change: by then every instance goes by it, and refuses what is worthless.</param>
public sealed record EnrollmentKeysAnswer(
    int Generation, string PrimaryVersion, string? SecondaryVersion, DateTimeOffset CreatedAt, DateTimeOffset? RotatedAt,
    DateTimeOffset HandedOutFrom, int AgeDays, int? DevicesOnOldKey, DateTimeOffset? InForceFrom)
{
    public static EnrollmentKeysAnswer Of(EnrollmentKeyVersions keys, DateTimeOffset now, int? devicesOnOldKey) => new(
        keys.Generation, keys.Primary, keys.Secondary, keys.CreatedAt, keys.RotatedAt, keys.HandedOutFrom, (int)(now - keys.MadeAt).TotalDays,
        devicesOnOldKey, null);

    public static EnrollmentKeysAnswer OfChange(EnrollmentKeyVersions keys, DateTimeOffset now) =>
        Of(keys, now, null) with { InForceFrom = now + EnrollmentKeyVersions.Remembered };
}

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
            ? EnrollmentKeysAnswer.Of(keys, now, status.OnOldEnrollmentKey)
            : null,
        status.WarningsAt(now));
}
