using Atp.Core.Site;
using Azure;

namespace Atp.Core.Devices;

/// <summary>Everything that is stored about one device, as one read found it.</summary>
/// <param name="Id">The device's id.</param>
/// <param name="Device">Null when there is no such device, or when only assignments of a deleted one are left over.</param>
/// <param name="Version">The device row's ETag.</param>
/// <param name="Assignments">By deployment id; those of ended deployments too.</param>
public sealed record FleetDevice(string Id, Device? Device, ETag Version, IReadOnlyDictionary<string, Assignment> Assignments)
{
    /// <summary>Nothing is stored under this id.</summary>
    public static FleetDevice None(string id) => new(id, null, default, new Dictionary<string, Assignment>());
}

/// <summary>A member of a collection, as the index has it: enough to tell its platform and its organisation.</summary>
/// <param name="OnboardedTo">The organisation that it last reported to be onboarded to; null when none.</param>
public sealed record CollectionMember(string DeviceId, OperatingSystemFacts OperatingSystem, string? OnboardedTo = null);

/// <summary>One device's change, written in one transaction with the index rows that follow from it.</summary>
/// <param name="Before">What the change was decided from; its version is sent as If-Match.</param>
/// <param name="After">The device with its new inventory and membership. Credentials and health are not written here.</param>
public sealed record DeviceChange(FleetDevice Before, Device After)
{
    /// <summary>Deployments that this device becomes a target of.</summary>
    public IReadOnlyList<string> Place { get; init; } = [];

    /// <summary>When they were placed. UTC.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>The assignment whose instructions the device takes with this check-in.</summary>
    public Assignment? Fetched { get; init; }

    /// <summary>The change with its placements: a device is a target of every live deployment of its collections.</summary>
    public static DeviceChange Of(FleetDevice before, Device after, SiteSnapshot site, DateTimeOffset at) => new(before, after)
    {
        Place = [.. site.DeploymentsOf(after.Collections).Select(d => d.Id)
            .Where(id => !before.Assignments.TryGetValue(id, out var assignment) || assignment.PlacedAt is null)],
        At = at,
    };
}
