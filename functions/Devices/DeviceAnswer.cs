using Atp.Core.Collections;
using Atp.Core.Deployments;
using Atp.Core.Devices;
using Atp.Core.Policies;

namespace Atp.Functions.Devices;

/// <summary>One deployment that targets a device, and how it stands.</summary>
/// <param name="Effective">It decides; the message of the others says why they lost.</param>
/// <param name="Message">The status in words, and what to do.</param>
/// <param name="Deliveries">What the device took, oldest first: shows which file or workspace replaced which. Not in a list.</param>
/// <param name="Redeliveries">How often it downloaded a file or workspace again that it had been given before.</param>
/// <param name="RedeliveredAt">When it last did.</param>
public sealed record TargetAnswer(
    string DeploymentId, DateTimeOffset DeployedAt, string PolicyId, string PolicyName, PolicyKind Kind, int Order, int Revision, bool Effective,
    Applicability Applicability, AssignmentStatus Status, StatusMessage Message,
    DateTimeOffset? PlacedAt, DateTimeOffset? FetchedAt, int? FetchedRevision, DateTimeOffset? ReportedAt, int? ReportedRevision, string? ErrorCode,
    IReadOnlyList<Delivery>? Deliveries, int Redeliveries, DateTimeOffset? RedeliveredAt)
{
    public static TargetAnswer Of(TargetedDeployment target, StatusMessage message) => new(
        target.Deployment.Id, target.Deployment.CreatedAt, target.Policy.Id, target.Policy.Current.Name, target.Policy.Current.Kind,
        target.Policy.Order, target.Policy.Current.Revision, target.Status != AssignmentStatus.Superseded,
        target.Applicability, target.Status, message,
        target.Assignment?.PlacedAt, target.Assignment?.FetchedAt, target.Assignment?.FetchedRevision,
        target.Assignment?.ResultAt, target.Assignment?.ReportedRevision, target.Assignment?.ErrorCode, target.Assignment?.Deliveries,
        target.Assignment?.Redeliveries ?? 0, target.Assignment?.RedeliveredAt);
}

/// <summary>A device: its facts, and what they mean now.</summary>
/// <param name="DownLevelAgent">By client setting; absent on other devices.</param>
/// <param name="Retirement">Why it counts nowhere; absent while it is in use.</param>
/// <param name="HealthMessage">Its health in words, and what to do.</param>
/// <param name="FileSamplesMessage">Present when it shares other file samples than its policy says.</param>
/// <param name="Targets">The deployment that decides first, then those that it supersedes.</param>
public sealed record DeviceAnswer(
    string Id, string Name, int Build, int ProductType, int Sku, string OperatingSystem, Platform Platform, IReadOnlyList<string> Tags,
    string? MonitoringAgentVersion, string? DefenderClientVersion, DownLevelAgent? DownLevelAgent,
    IReadOnlyList<string> Collections, IReadOnlyList<string> DirectCollections, bool Enrolled, bool Blocked,
    Retirement? Retirement, StatusMessage? RetirementMessage, DateTimeOffset? LastSeen,
    AgentHealth? LastReport, HealthState? Health, StatusMessage? HealthMessage, bool FileSamplesDrifted, StatusMessage? FileSamplesMessage,
    bool OnOldEnrollmentKey, IReadOnlyList<TargetAnswer> Targets)
{
    public static DeviceAnswer Of(DeviceDetails details)
    {
        var (device, decision, messages) = details;
        var facts = device.Inventory.OperatingSystem;
        return new DeviceAnswer(device.Id, device.Inventory.Name, facts.Build, facts.ProductType, facts.Sku, decision.OperatingSystem.Name,
            decision.OperatingSystem.Platform, device.Inventory.Tags, device.Inventory.MonitoringAgentVersion, device.Inventory.DefenderClientVersion,
            decision.OperatingSystem.Platform == Platform.DownLevel ? decision.Agent : null,
            device.Collections, device.DirectCollections, device.KeyVersion > 0, device.Blocked,
            device.Retired, messages.Retirement, device.LastSeen,
            device.Health, decision.Health, messages.Health, decision.FileSamplesDrifted, messages.FileSamples,
            decision.OnOldEnrollmentKey,
            [.. decision.Targets.Zip(messages.Targets, TargetAnswer.Of)]);
    }

    /// <summary>As one of many: without the history of deliveries.</summary>
    public static DeviceAnswer InList(DeviceDetails details)
    {
        var answer = Of(details);
        return answer with { Targets = [.. answer.Targets.Select(target => target with { Deliveries = null })] };
    }
}
