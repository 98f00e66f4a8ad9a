namespace Atp.Cli.Simulation;

/// <summary>What a version of Windows needs to be onboarded.</summary>
public enum Delivery
{
    /// <summary>Up-level: the configuration file.</summary>
    File,

    /// <summary>Down-level: the Monitoring Agent with the workspace.</summary>
    Workspace,

    /// <summary>Not supported.</summary>
    Nothing,
}

/// <summary>A version of Windows in the simulated fleet.</summary>
/// <param name="Name">For people.</param>
/// <param name="Build">The build number that inventory shows.</param>
/// <param name="ProductType">1 workstation, 2 domain controller, 3 server.</param>
/// <param name="Sku">The PRODUCT_* constant; 175 is multi-session, a client although its product type is 3.</param>
/// <param name="Delivery">What the device knows of itself, at a Configuration Manager 2207 site.</param>
/// <param name="Share">Devices of a hundred.</param>
/// <param name="UpdatesTo">The build after an update that inventory didn't know of when it was imported.</param>
public sealed record WindowsVersion(
    string Name, int Build, int ProductType, int Sku, Delivery Delivery, int Share, int? UpdatesTo = null);

/// <summary>
/// The mix of the simulated fleet. What each version needs is written down here a second time, on purpose: what the service
/// counts is held against this, not against the service's own rules.
/// </summary>
public static class WindowsVersions
{
    private const int Enterprise = 4;
    private const int StandardServer = 7;
    private const int LongTermServicing = 125;
    private const int MultiSession = 175;

    public static IReadOnlyList<WindowsVersion> All { get; } =
    [
        new("Windows 11 24H2", 26100, 1, Enterprise, Delivery.File, 12),
        new("Windows 11 23H2", 22631, 1, Enterprise, Delivery.File, 13),
        new("Windows 11 22H2", 22621, 1, Enterprise, Delivery.File, 10, UpdatesTo: 22631),
        new("Windows 11 21H2", 22000, 1, Enterprise, Delivery.File, 3),
        new("Windows 10 22H2", 19045, 1, Enterprise, Delivery.File, 18),
        new("Windows 10 21H2", 19044, 1, Enterprise, Delivery.File, 8, UpdatesTo: 19045),
        new("Windows 10 1909", 18363, 1, Enterprise, Delivery.File, 3),
        new("Windows 10 LTSC 2019", 17763, 1, LongTermServicing, Delivery.File, 3),
        new("Windows 10 1803", 17134, 1, Enterprise, Delivery.File, 2),
        new("Windows 10 1709", 16299, 1, Enterprise, Delivery.File, 2),
        new("Windows 10 21H2 multi-session", 19044, 3, MultiSession, Delivery.File, 2),
        new("Windows 10 1507", 10240, 1, Enterprise, Delivery.Nothing, 1),
        new("Windows 8.1", 9600, 1, Enterprise, Delivery.Workspace, 3),
        new("Windows 7 SP1", 7601, 1, Enterprise, Delivery.Nothing, 2),
        new("Windows Server 2022", 20348, 3, StandardServer, Delivery.File, 5),
        new("Windows Server 2019", 17763, 3, StandardServer, Delivery.File, 5),
        new("Windows Server 2019 domain controller", 17763, 2, StandardServer, Delivery.File, 1),
        new("Windows Server 2016", 14393, 3, StandardServer, Delivery.Workspace, 4),
        new("Windows Server 2012 R2", 9600, 3, StandardServer, Delivery.Workspace, 3),
    ];
}
