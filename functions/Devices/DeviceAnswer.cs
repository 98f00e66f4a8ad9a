using Atp.Core.Deployments;
using Atp.Core.Devices;

namespace Atp.Functions.Devices;

/// <summary>Asks for a device's key.</summary>
/// <param name="NewKey">Replace a key that was handed out before; the old one is worthless from then on.</param>
public sealed record EnrollDevice(bool NewKey = false);

/// <summary>One deployment that targets a device, and how it stands.</summary>
public sealed record TargetAnswer(
    string DeploymentId, string PolicyId, string PolicyName, int Revision, Applicability Applicability, AssignmentStatus Status,
    DateTimeOffset? PlacedAt, DateTimeOffset? FetchedAt, int? FetchedRevision, DateTimeOffset? ReportedAt, int? ReportedRevision, string? ErrorCode)
{
    public static TargetAnswer Of(TargetedDeployment target) => new(
        target.Deployment.Id, target.Policy.Id, target.Policy.Current.Name, target.Policy.Current.Revision, target.Applicability, target.Status,
        target.Assignment?.PlacedAt, target.Assignment?.FetchedAt, target.Assignment?.FetchedRevision,
        target.Assignment?.ResultAt, target.Assignment?.ReportedRevision, target.Assignment?.ErrorCode);
}

/// <summary>A device: its facts, and what they mean now.</summary>
/// <param name="Targets">The deployment that decides first, then those that it supersedes.</param>
public sealed record DeviceAnswer(
    string Id, string Name, int Build, int ProductType, int Sku, string OperatingSystem, Platform Platform, IReadOnlyList<string> Tags,
    string? MonitoringAgentVersion, IReadOnlyList<string> Collections, bool Enrolled, bool Blocked, DateTimeOffset? LastSeen,
    AgentHealth? LastReport, HealthState? Health, IReadOnlyList<TargetAnswer> Targets)
{
    public static DeviceAnswer Of(DeviceDetails details)
    {
        var (device, decision) = details;
        var facts = device.Inventory.OperatingSystem;
        return new DeviceAnswer(device.Id, device.Inventory.Name, facts.Build, facts.ProductType, facts.Sku, decision.OperatingSystem.Name,
            decision.OperatingSystem.Platform, device.Inventory.Tags, device.Inventory.MonitoringAgentVersion, device.Collections,
            device.KeyVersion > 0, device.Blocked, device.LastSeen, device.Health, decision.Health, [.. decision.Targets.Select(TargetAnswer.Of)]);
    }
}
