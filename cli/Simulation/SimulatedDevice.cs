using System.Text.Json;
using Atp.Core.Devices;

namespace Atp.Cli.Simulation;

/// <summary>What a simulated device is going to do.</summary>
public enum Behaviour
{
    /// <summary>Applies the policy, runs, and is in contact.</summary>
    Healthy,

    /// <summary>Is switched off: never checks in.</summary>
    NeverChecksIn,

    /// <summary>Takes its instructions and is not heard of again.</summary>
    GoesSilent,

    /// <summary>Can't apply the policy, and says so.</summary>
    Fails,

    /// <summary>Applied the policy, but its service doesn't run.</summary>
    ServiceStopped,

    /// <summary>Applied the policy and runs, but its agent reached its service ten days ago for the last time.</summary>
    LostContact,
}

/// <summary>Which of the simulated collections a device is in.</summary>
public enum Membership
{
    /// <summary>The collection that is onboarded.</summary>
    Fleet,

    /// <summary>That one, and the one that is offboarded by a policy with a better order.</summary>
    FleetAndRetired,

    /// <summary>None.</summary>
    Outside,
}

/// <summary>One device of the simulated fleet: what it is, and what it is going to do.</summary>
public sealed record SimulatedDevice(
    string Id, string Name, WindowsVersion Windows, Membership Membership, Behaviour Behaviour, IReadOnlyList<string> Tags,
    string? MonitoringAgentVersion, bool SendsTwice)
{
    /// <summary>What it says at its check-in; null when inventory knows it all.</summary>
    public InventoryInput? NewInventory => Windows.UpdatesTo is { } build
        ? new InventoryInput
        {
            Name = Name,
            Build = JsonSerializer.SerializeToElement(build),
            ProductType = Windows.ProductType,
            Sku = Windows.Sku,
            Tags = Tags,
            MonitoringAgentVersion = MonitoringAgentVersion,
        }
        : null;
}
