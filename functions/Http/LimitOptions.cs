using System.ComponentModel.DataAnnotations;

namespace Atp.Functions.Http;

/// <summary>
/// Bound from <c>Atp:Limits</c>: calls a minute that one instance takes. A minute's worth may come at once.
/// </summary>
public sealed class LimitOptions
{
    public const string Section = "Atp:Limits";

    /// <summary>Of one administrator: a subject with an application.</summary>
    [Range(1, 100_000)] public int AdministratorCallsPerMinute { get; set; } = 1_200;

    /// <summary>Of one device. A real one makes a handful an hour.</summary>
    [Range(1, 100_000)] public int DeviceCallsPerMinute { get; set; } = 60;

    /// <summary>From one network address without a credential that is good.</summary>
    [Range(1, 100_000)] public int AnonymousCallsPerMinute { get; set; } = 60;
}
