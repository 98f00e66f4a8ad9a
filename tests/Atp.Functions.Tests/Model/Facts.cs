namespace Atp.Functions.Tests.Model;

/// <summary>Something that happened, as its maker knows it: what was asked and allowed, and what a device was told.</summary>
internal abstract record Fact;

internal sealed record Computer(string Name, int Build, int ProductType, int Sku, IReadOnlyList<string> Tags);

internal sealed record InventoryKnown(string DeviceId, Computer Computer) : Fact;

internal sealed record DeviceDeleted(string DeviceId) : Fact;

internal sealed record KeyHandedOut(string DeviceId, int KeyVersion) : Fact;

internal sealed record DeviceBlocked(string DeviceId, bool Blocked) : Fact;

internal sealed record DeviceRetired(string DeviceId, string? ReplacedBy) : Fact;

internal sealed record DeviceReinstated(string DeviceId) : Fact;

internal sealed record Rule(string? OperatingSystem = null, string? NamePattern = null, string? Tag = null);

/// <summary>A collection was made, or edited to be this.</summary>
internal sealed record CollectionSaved(
    string CollectionId, IReadOnlyList<Rule> Rules, IReadOnlyList<string> Includes, IReadOnlyList<string> Excludes, string? Limit,
    bool HasDefenderClient) : Fact
{
    public IEnumerable<string> References => Includes.Concat(Excludes).Concat(Limit is null ? [] : [Limit]);
}

internal sealed record CollectionDeleted(string CollectionId) : Fact;

internal sealed record MembersNamed(string CollectionId, IReadOnlyList<string> DeviceIds, bool Added) : Fact;

/// <summary>A policy was made, edited to be this, or got another place.</summary>
internal sealed record PolicySaved(
    string PolicyId, int Revision, int Order, bool IsOnboarding, bool HasWorkspace, string FileSamples, DateTimeOffset? ExpiresAt) : Fact;

internal sealed record PolicyDeleted(string PolicyId) : Fact;

internal sealed record DeploymentMade(string DeploymentId, string PolicyId, IReadOnlyList<string> CollectionIds, DateTimeOffset At) : Fact;

internal sealed record DeploymentEnded(string DeploymentId) : Fact;

/// <summary>A device came and was told to apply this.</summary>
internal sealed record PolicyFetched(string DeviceId, string DeploymentId, int Revision) : Fact;

/// <summary>What a device says; a result when a deployment is named.</summary>
internal sealed record Report(
    string DeviceId, int KeyVersion, DateTimeOffset ReportedAt, DateTimeOffset? LastConnected, bool SenseIsRunning, int OnboardingState,
    string? OrgId, string? FileSamples, string? DeploymentId, int? Revision, string? Result);

/// <summary>A report came out of the queue; the same one may do so again.</summary>
internal sealed record ReportArrived(Report Report, DateTimeOffset At) : Fact;
