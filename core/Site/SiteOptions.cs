using System.ComponentModel.DataAnnotations;

namespace Atp.Core.Site;

/// <summary>Bound from <c>Atp:Site</c>.</summary>
public sealed class SiteOptions
{
    public const string Section = "Atp:Site";

    /// <summary>Decides on first use of a site; another number later is refused at start.</summary>
    [Range(1, 256)] public int ShardCount { get; set; } = 64;

    [AllowedValues(1910, 2002, 2006, 2010, 2107, 2207)] public int ConfigurationManagerVersion { get; set; } = 2207;

    [Range(1, 365)] public int InactiveAfterDays { get; set; } = 7;

    /// <summary>How long deployments, policies and collection rules may be remembered, in seconds.</summary>
    [Range(0, 30)] public int SnapshotSeconds { get; set; } = 30;

    /// <summary>How often the roll-up runs, in minutes; figures older than two periods are shown as stale.</summary>
    [Range(1, 60)] public int RollUpPeriodMinutes { get; set; } = 5;

    /// <summary>How often devices are told to check in, in minutes, before jitter.</summary>
    [Range(1, 1440)] public int CheckInMinutes { get; set; } = 60;

    /// <summary>History and audit older than this many days are deleted.</summary>
    [Range(90, 3650)] public int KeepDays { get; set; } = 730;

    /// <summary>How long a deleted policy can be recovered, in days: less than Key Vault keeps deleted secrets.</summary>
    [Range(1, 90)] public int KeepDeletedDays { get; set; } = 7;

    public SiteSettings ToSettings() => new(ShardCount, ConfigurationManagerVersion, TimeSpan.FromDays(InactiveAfterDays));
}
