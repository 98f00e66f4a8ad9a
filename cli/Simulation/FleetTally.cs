namespace Atp.Cli.Simulation;

/// <summary>Adds up what the simulated devices are and did. A few counters, however large the fleet.</summary>
public sealed class FleetTally
{
    public static readonly IReadOnlyList<string> Statuses =
        ["Success", "Error", "RequirementsNotMet", "InProgress", "Unknown", "Superseded"];

    public static readonly IReadOnlyList<string> HealthStates = ["healthy", "agentState", "inactive", "notOnboarded", "neverReached"];

    private readonly Lock adding = new();
    private readonly Dictionary<string, int> deployment = Statuses.ToDictionary(name => name, _ => 0);
    private readonly Dictionary<string, int> offboardingDeployment = Statuses.ToDictionary(name => name, _ => 0);
    private readonly Dictionary<string, int> health = HealthStates.ToDictionary(name => name, _ => 0);
    private readonly Dictionary<Deed, int> deeds = Enum.GetValues<Deed>().ToDictionary(deed => deed, _ => 0);

    /// <summary>The onboarding deployment, by status.</summary>
    public IReadOnlyDictionary<string, int> Deployment => deployment;

    /// <summary>The offboarding deployment, by status.</summary>
    public IReadOnlyDictionary<string, int> OffboardingDeployment => offboardingDeployment;

    /// <summary>Agent health, by state.</summary>
    public IReadOnlyDictionary<string, int> Health => health;

    /// <summary>How many devices came how far.</summary>
    public IReadOnlyDictionary<Deed, int> Deeds => deeds;

    public int Devices { get; private set; }

    /// <summary>Devices that a deployment targets.</summary>
    public int Targeted { get; private set; }

    /// <summary>Devices whose winning policy offboards them.</summary>
    public int Offboarding { get; private set; }

    public void Add(SimulatedDevice device, Deed deed)
    {
        lock (adding)
        {
            Devices++;
            deeds[deed]++;
            Targeted += device.Membership == Membership.Outside ? 0 : 1;
            Offboarding += Expectation.IsOffboarding(device) ? 1 : 0;
            Count(deployment, Expectation.Status(device, deed));
            Count(offboardingDeployment, Expectation.OffboardingStatus(device, deed));
            Count(health, Expectation.Health(device, deed));
        }
    }

    private static void Count(Dictionary<string, int> counts, string? name)
    {
        if (name is not null)
        {
            counts[name]++;
        }
    }
}
