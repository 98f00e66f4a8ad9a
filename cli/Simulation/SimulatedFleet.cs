using System.Globalization;
using Atp.Cli.Client;

namespace Atp.Cli.Simulation;

/// <summary>
/// A fleet of any size that takes no memory: each device follows from its index and the seed, always in the same way.
/// </summary>
/// <param name="run">Starts every device id and is the tag of the fleet's collection, so that fleets stay apart.</param>
/// <param name="seed">Another seed deals out versions and behaviours anew.</param>
/// <param name="count">How many devices.</param>
/// <param name="checkIns">How many of them, from the first on, may check in at all.</param>
public sealed class SimulatedFleet(string run, int seed, int count, int checkIns)
{
    private const string OldMonitoringAgent = "10.20.18053.0";

    private static readonly (Behaviour Behaviour, int Share)[] Behaviours =
    [
        (Behaviour.NeverChecksIn, 6),
        (Behaviour.GoesSilent, 5),
        (Behaviour.Fails, 6),
        (Behaviour.ServiceStopped, 5),
        (Behaviour.LostContact, 5),
        (Behaviour.Healthy, 73),
    ];

    private static readonly (Membership Membership, int Share)[] Memberships =
    [
        (Membership.FleetAndRetired, 4),
        (Membership.Outside, 4),
        (Membership.Fleet, 92),
    ];

    /// <summary>A name for a fleet that has none: unique by the second.</summary>
    public static string NewRun(TimeProvider clock) =>
        clock.GetUtcNow().UtcDateTime.ToString("'fleet'yyMMddHHmmss", CultureInfo.InvariantCulture);

    public int Count => count;

    /// <summary>How many devices, from the first on, may check in.</summary>
    public int CheckIns => Math.Min(count, checkIns);

    /// <summary>The tag of devices that are to be onboarded.</summary>
    public string FleetTag => run;

    /// <summary>The tag of devices that are to be offboarded.</summary>
    public string RetiredTag => $"{run}-retired";

    public IEnumerable<SimulatedDevice> Devices() => Enumerable.Range(0, count).Select(At);

    /// <summary>What inventory knows of all of them, or of a part.</summary>
    public IEnumerable<DeviceRow> Rows() => Rows(0, count);

    public IEnumerable<DeviceRow> Rows(int from, int howMany) => Enumerable.Range(from, howMany).Select(At).Select(device => new DeviceRow(
        device.Id, device.Name, device.Windows.Build, device.Windows.ProductType, device.Windows.Sku, device.Tags,
        device.MonitoringAgentVersion));

    public SimulatedDevice At(int index)
    {
        var windows = WindowsVersions.All[Deal(index, 1, WindowsVersions.All.Select(version => version.Share))];
        var behaviour = Behaviours[Deal(index, 2, Behaviours.Select(b => b.Share))].Behaviour;
        var membership = Memberships[Deal(index, 3, Memberships.Select(m => m.Share))].Membership;
        var server = windows.ProductType != 1 && windows.Sku != 175;
        return new SimulatedDevice(
            string.Create(CultureInfo.InvariantCulture, $"{run}-{index:D6}"),
            string.Create(CultureInfo.InvariantCulture, $"{(server ? "SRV" : "PC")}-{index:D6}"),
            windows,
            membership,
            index < checkIns ? behaviour : Behaviour.NeverChecksIn,
            membership switch
            {
                Membership.Fleet => [FleetTag],
                Membership.FleetAndRetired => [FleetTag, RetiredTag],
                _ => [],
            },
            windows.Delivery == Delivery.Workspace && Draw(index, 4) < 30 ? OldMonitoringAgent : null,
            Draw(index, 5) < 5);
    }

    private int Deal(int index, int question, IEnumerable<int> shares)
    {
        var drawn = Draw(index, question);
        var chosen = 0;
        foreach (var share in shares)
        {
            if (drawn < share)
            {
                return chosen;
            }

            drawn -= share;
            chosen++;
        }

        throw new InvalidOperationException("The shares don't add up to a hundred.");
    }

    /// <summary>0 to 99: the finalizer of SplitMix64 over index, question and seed, so that answers are independent and repeatable.</summary>
    private int Draw(int index, int question)
    {
        var mixed = ((ulong)(uint)index << 32 | (uint)(seed * 31 + question)) + 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return (int)((mixed ^ (mixed >> 31)) % 100);
    }
}
