using Atp.Core.Policies;

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
/// <param name="DefenderClientVersion">Version of the Defender client of Windows Server 2012 R2 and 2016, or null when it isn't installed.</param>
public sealed record Inventory(
    string Name, OperatingSystemFacts OperatingSystem, IReadOnlyList<string> Tags, string? MonitoringAgentVersion,
    string? DefenderClientVersion = null)
{
    /// <summary>By value, tags included.</summary>
    public bool SameAs(Inventory other) => Name == other.Name && OperatingSystem == other.OperatingSystem
        && MonitoringAgentVersion == other.MonitoringAgentVersion && DefenderClientVersion == other.DefenderClientVersion
        && Tags.SequenceEqual(other.Tags);
}

/// <summary>
/// What a device last said of its agent: the health state of the WindowsAdvancedThreatProtection CSP, at the device's own time.
/// </summary>
/// <param name="FileSamples">Which file samples it shares, as the CSP's SampleSharing says; null when it didn't say.</param>
public sealed record AgentHealth(
    DateTimeOffset ReportedAt, DateTimeOffset? LastConnected, bool SenseIsRunning, int OnboardingState, string? OrgId,
    FileSamples? FileSamples = null)
{
    /// <summary>The organisation that the device is onboarded to; null when it isn't, or didn't say.</summary>
    public string? OnboardedTo => OnboardingState == 1 ? OrgId : null;
}

/// <summary>Why a device counts no more, although it is remembered: sold, lost, or given a new id when it was re-imaged.</summary>
/// <param name="At">When it was retired for this reason, UTC.</param>
/// <param name="Reason">For people.</param>
/// <param name="ReplacedBy">The id that the same computer has now; null when there is none.</param>
public sealed record Retirement(DateTimeOffset At, string Reason, string? ReplacedBy);

/// <summary>A managed device: only facts. What they mean is computed by <c>DeviceDecision</c>.</summary>
public sealed record Device
{
    /// <summary>At most this many collections, so that a change of membership fits one transaction.</summary>
    public const int MaxCollections = 90;

    private static readonly DateTimeOffset KeyVersionsStart = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

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

    /// <summary>
    /// Of the enrollment key that its key was derived from when it was last given one or checked in. Written by enrollment and by
    /// check-in, both from what they read.
    /// </summary>
    public int KeyGeneration { get; init; }

    /// <summary>Marks the enrollment request that gave out the current key, so that a repeat gets the same answer.</summary>
    public string? EnrollmentRequest { get; init; }

    /// <summary>A blocked device can't check in, download or report.</summary>
    public bool Blocked { get; init; }

    /// <summary>Null while it is in use. A retired device is in no collection, so that nothing targets or counts it.</summary>
    public Retirement? Retired { get; init; }

    /// <summary>Marked for deletion: its dependents are being removed and it counts nowhere any more.</summary>
    public bool Deleting { get; init; }

    /// <summary>
    /// The version of its next key: the seconds since 2020, and higher than the one before. So a device that is deleted, and
    /// enrolled again under the same id, gets another key than it had.
    /// </summary>
    public int NextKeyVersion(DateTimeOffset now) => Math.Max(KeyVersion + 1, (int)(now - KeyVersionsStart).TotalSeconds);

    /// <summary>Whether it counts: what is retired or being deleted is in no figure.</summary>
    public bool IsInUse => Retired is null && !Deleting;

    /// <summary>Null until the first report.</summary>
    public AgentHealth? Health { get; init; }

    /// <summary>The last check-in that was written down; at most half a day behind the real one. UTC.</summary>
    public DateTimeOffset? LastSeen { get; init; }
}

/// <summary>What happened between one device and one deployment: only facts.</summary>
public sealed record Assignment
{
    public const int MaxDeliveries = 20;

    public required string DeploymentId { get; init; }

    public DateTimeOffset? PlacedAt { get; init; }

    /// <summary>The policy revision whose instructions the device last took, when it first took them, and how many it took in all.</summary>
    public int? FetchedRevision { get; init; }

    public DateTimeOffset? FetchedAt { get; init; }

    public int FetchCount { get; init; }

    /// <summary>What it took, oldest first: the last <see cref="MaxDeliveries"/>.</summary>
    public IReadOnlyList<Delivery> Deliveries { get; init; } = [];

    /// <summary>How often it took the file or workspace of a revision again, after the first time, which is in the audit.</summary>
    public int Redeliveries { get; init; }

    /// <summary>The last such time, UTC.</summary>
    public DateTimeOffset? RedeliveredAt { get; init; }

    /// <summary>The revision that the device last reported on.</summary>
    public int? ReportedRevision { get; init; }

    public AssignmentResult? Result { get; init; }

    /// <summary>The code of a failure, in one of the forms of <c>AgentErrorCodes</c>.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>The report's own time.</summary>
    public DateTimeOffset? ResultAt { get; init; }
}

/// <summary>What a device took at one check-in: a change of file or workspace shows as another fingerprint.</summary>
/// <param name="Revision">Of the policy.</param>
/// <param name="At">UTC.</param>
/// <param name="FileSha256">Of the configuration file, lower-case hex; null when it took none.</param>
/// <param name="Workspace">The Workspace ID and the key's version in Key Vault; null when it took none.</param>
public sealed record Delivery(int Revision, DateTimeOffset At, string? FileSha256, string? Workspace);

/// <summary>What a device reports of applying a policy.</summary>
public enum AssignmentResult
{
    Success,
    Error,
}
