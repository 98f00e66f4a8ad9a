namespace Atp.Core.Devices;

/// <summary>What decides a device's platform.</summary>
/// <param name="Build">The operating system's build number, e.g. 19045.</param>
/// <param name="ProductType">Win32_OperatingSystem.ProductType: 1 workstation, 2 domain controller, 3 server.</param>
/// <param name="Sku">Win32_OperatingSystem.OperatingSystemSKU; 175 is Windows multi-session. 0 when not known.</param>
public sealed record OperatingSystemFacts(int Build, int ProductType, int Sku);

/// <summary>What inventory says of a device.</summary>
/// <param name="Name">The computer's name; not unique, not a key.</param>
/// <param name="OperatingSystem">What decides its platform.</param>
/// <param name="Tags">Free labels that collection rules can ask for; kept sorted, each once.</param>
/// <param name="MonitoringAgentVersion">Version of the Microsoft Monitoring Agent, or null when it isn't installed.</param>
public sealed record Inventory(
    string Name, OperatingSystemFacts OperatingSystem, IReadOnlyList<string> Tags, string? MonitoringAgentVersion)
{
    /// <summary>By value, tags included.</summary>
    public bool SameAs(Inventory other) => Name == other.Name && OperatingSystem == other.OperatingSystem
        && MonitoringAgentVersion == other.MonitoringAgentVersion && Tags.SequenceEqual(other.Tags);
}

/// <summary>
/// What a device last said of its agent: the health state of the WindowsAdvancedThreatProtection CSP, at the device's own time.
/// </summary>
public sealed record AgentHealth(
    DateTimeOffset ReportedAt, DateTimeOffset? LastConnected, bool SenseIsRunning, int OnboardingState, string? OrgId);

/// <summary>A managed device: only facts. What they mean is computed by <c>DeviceDecision</c>.</summary>
public sealed record Device
{
    /// <summary>At most this many collections, so that a change of membership fits one transaction.</summary>
    public const int MaxCollections = 90;

    public required string Id { get; init; }

    public required Inventory Inventory { get; init; }

    /// <summary>Collections that name this device as a direct member; sorted ids.</summary>
    public IReadOnlyList<string> DirectCollections { get; init; } = [];

    /// <summary>Collections that this device is a member of, by any rule; sorted ids.</summary>
    public IReadOnlyList<string> Collections { get; init; } = [];

    /// <summary>Collections it left whose index rows are still there, since one transaction didn't hold them all; sorted ids.</summary>
    public IReadOnlyList<string> Leaving { get; init; } = [];

    /// <summary>0 until the device is enrolled; a new key is a higher version.</summary>
    public int KeyVersion { get; init; }

    /// <summary>Marks the enrollment request that gave out the current key, so that a repeat gets the same answer.</summary>
    public string? EnrollmentRequest { get; init; }

    /// <summary>A blocked device can't check in, download or report.</summary>
    public bool Blocked { get; init; }

    /// <summary>Marked for deletion: its dependents are being removed and it counts nowhere any more.</summary>
    public bool Deleting { get; init; }

    /// <summary>Null until the first report.</summary>
    public AgentHealth? Health { get; init; }

    /// <summary>The last check-in that was written down; at most half a day behind the real one. UTC.</summary>
    public DateTimeOffset? LastSeen { get; init; }
}

/// <summary>What happened between one device and one deployment: only facts.</summary>
public sealed record Assignment
{
    public required string DeploymentId { get; init; }

    public DateTimeOffset? PlacedAt { get; init; }

    /// <summary>The policy revision whose instructions the device last took, when it first took them, and how many it took in all.</summary>
    public int? FetchedRevision { get; init; }

    public DateTimeOffset? FetchedAt { get; init; }

    public int FetchCount { get; init; }

    /// <summary>The revision that the device last reported on.</summary>
    public int? ReportedRevision { get; init; }

    public AssignmentResult? Result { get; init; }

    /// <summary>The SENSE or script error code of a failure.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>The report's own time.</summary>
    public DateTimeOffset? ResultAt { get; init; }
}

/// <summary>What a device reports of applying a policy.</summary>
public enum AssignmentResult
{
    Success,
    Error,
}
