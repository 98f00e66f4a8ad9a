using Atp.Core.Devices;
using Atp.Core.Policies;
using Atp.Core.Site;

namespace Atp.Core.Deployments;

/// <summary>A sentence for people.</summary>
/// <param name="Text">How it is, and why.</param>
/// <param name="WhatToDo">Null when there is nothing to do.</param>
public sealed record StatusMessage(string Text, string? WhatToDo = null);

/// <summary>All that is to be said of a device; null where there is nothing.</summary>
/// <param name="Targets">In the order of the decision's targets.</param>
public sealed record DeviceMessages(
    StatusMessage? Retirement, StatusMessage? Health, StatusMessage? FileSamples, IReadOnlyList<StatusMessage> Targets);

/// <summary>
/// What a decision says, in Configuration Manager's words (Success, In progress, Unknown, Requirements not met, Error; Healthy,
/// Inactive, Agent state, Not onboarded), and what to do. Decides nothing itself.
/// </summary>
public static class StatusMessages
{
    /// <param name="device">The facts that the decision was made from.</param>
    /// <param name="decision">What they mean.</param>
    /// <param name="settings">The site's settings.</param>
    /// <param name="now">The moment of the decision, UTC.</param>
    public static DeviceMessages For(Device device, DeviceDecision decision, SiteSettings settings, DateTimeOffset now) => new(
        device.Retired is { } retired ? OfRetirement(retired) : null,
        decision.Health is { } health ? OfHealth(health, device.Health, settings.InactiveAfter, now) : null,
        OfFileSamples(device, decision),
        [.. decision.Targets.Select(target => Of(target, device, decision, settings))]);

    /// <summary>Null while the device shares what its policy says.</summary>
    public static StatusMessage? OfFileSamples(Device device, DeviceDecision decision) => decision.FileSamplesDrifted
        ? new StatusMessage(
            $"The device applied the policy and reports that it shares {Words(device.Health!.FileSamples!.Value)}; the policy says {Words(decision.Winner!.Policy.Current.FileSamples)}.",
            "It is told again with every check-in. If it stays so, see what else sets AllowSampleCollection on it: group policy, another management tool, a person.")
        : null;

    private static StatusMessage OfRetirement(Retirement retired) => new(
        $"Retired: {retired.Reason}{(retired.Reason.EndsWith('.') ? "" : ".")} Since {Time(retired.At)} it counts nowhere, and can't check in."
            + (retired.ReplacedBy is { } newId ? $" The computer is {newId} now." : ""),
        "Reinstate it if it is in use.");

    private static StatusMessage Of(TargetedDeployment target, Device device, DeviceDecision decision, SiteSettings settings) => target.Status switch
    {
        AssignmentStatus.Superseded => new StatusMessage($"Superseded: {WhyItLost(target, decision.Winner!)}",
            "If this policy should hold the device, give it the better order or end the other deployment."),
        AssignmentStatus.RequirementsNotMet => OfRequirements(device, decision.OperatingSystem, settings.ConfigurationManagerVersion),
        AssignmentStatus.Success => new StatusMessage(
            $"Success: the device applied revision {target.Assignment!.ReportedRevision} of policy {Name(target)}, as it reported at {Time(target.Assignment.ResultAt)}."),
        AssignmentStatus.Unknown => OfUnknown(target, device),
        AssignmentStatus.InProgress => OfProgress(target),
        _ => target.Applicability == Applicability.WorkspaceMissing ? OfMissingWorkspace(target, device, decision, settings)
            : target.Assignment?.ReportedRevision == target.Policy.Current.Revision ? OfFailure(target)
            : new StatusMessage(
                $"Error: the offboarding file of policy {Name(target)} expired at {Time(target.Policy.Current.ConfigurationFile.ExpiresAt)}, before the device had applied it.",
                "Download a new offboarding package, and update the policy with it."),
    };

    private static string WhyItLost(TargetedDeployment loser, TargetedDeployment winner)
    {
        if (winner.Policy.Order != loser.Policy.Order)
        {
            return $"Policy {Name(winner)} has order {winner.Policy.Order}, this one order {loser.Policy.Order}.";
        }

        var other = winner.Policy.Id == loser.Policy.Id
            ? $"another deployment of policy {Name(winner)}, of {Time(winner.Deployment.CreatedAt)}, holds the device"
            : $"policy {Name(winner)}, deployed at {Time(winner.Deployment.CreatedAt)}, has the same order {winner.Policy.Order} and holds the device";
        return winner.Deployment.CreatedAt == loser.Deployment.CreatedAt
            ? $"{other}; of two deployments of the same order and the same moment, the one with the higher id wins."
            : $"{other}; of two deployments of the same order, the newer one wins.";
    }

    private static StatusMessage OfRequirements(Device device, OperatingSystemClass operatingSystem, int version)
    {
        var facts = device.Inventory.OperatingSystem;
        var laterVersion = SiteSettings.KnownConfigurationManagerVersions
            .FirstOrDefault(later => later > version && PlatformRules.Classify(facts, later).Platform != Platform.Unsupported);
        return new StatusMessage(
            $"Requirements not met: {Describe(operatingSystem, facts)} can't be onboarded by Configuration Manager {version}.",
            laterVersion > 0
                ? $"Configuration Manager {laterVersion} supports it: update the site."
                : "Update the device to a supported operating system, or take it out of the collection.");
    }

    private static StatusMessage OfMissingWorkspace(TargetedDeployment target, Device device, DeviceDecision decision, SiteSettings settings)
    {
        var facts = device.Inventory.OperatingSystem;
        var client = PlatformRules.SupportsDefenderClient(facts, settings.ConfigurationManagerVersion)
            ? " Or give it the Defender client, by the setting of a collection that it is in." : "";
        return new StatusMessage(
            $"Error: {Describe(decision.OperatingSystem, facts)} is down-level and needs the Workspace ID and Workspace key; policy {Name(target)} "
                + "doesn't include them, so it fails on this device.",
            $"Update the policy with the Workspace ID and Workspace key{(settings.ConfigurationManagerVersion <= PolicyRules.LastAllThreeVersion ? ", and the configuration file with them" : "")}.{client}");
    }

    private static StatusMessage OfFailure(TargetedDeployment target)
    {
        var reported = $"Error: the device couldn't apply revision {target.Assignment!.ReportedRevision} of policy {Name(target)}, as it reported at {Time(target.Assignment.ResultAt)}";
        return target.Assignment.ErrorCode switch
        {
            null => new StatusMessage($"{reported}. It gave no code.",
                "See the device's Application log (source WDATPOnboarding), and its log Microsoft-Windows-SENSE/Operational."),
            var code when AgentErrorCodes.Find(code) is { } known => new StatusMessage($"{reported}: {known.Meaning} ({known.Code}).",
                known.WhatToDo ?? "This event is no failure by itself; see what came with it in the device's log."),
            var code => new StatusMessage($"{reported}: code {code}, which is not one that is known here.",
                "Look the code up in the device's logs: Application (source WDATPOnboarding), and Microsoft-Windows-SENSE/Operational."),
        };
    }

    private static StatusMessage OfUnknown(TargetedDeployment target, Device device) => new(
        $"Unknown: the device has not fetched policy {Name(target)} yet; "
            + (device.LastSeen is { } seen ? $"it was last seen at {Time(seen)}." : "it has never checked in."),
        device.Blocked ? "It is blocked: unblock it, if it may come in."
            : device.KeyVersion == 0 ? "It is not enrolled: enroll it, and give its agent the key."
            : "See that it is switched on, that its agent runs, and that it reaches this service.");

    private static StatusMessage OfProgress(TargetedDeployment target)
    {
        var current = target.Policy.Current.Revision;
        return target.Assignment!.FetchedRevision == current
            ? new StatusMessage(
                $"In progress: the device fetched revision {current} of policy {Name(target)} at {Time(target.Assignment.FetchedAt)}, and has not reported the result yet.",
                "Wait for its report. If none comes within a day, see whether its agent runs and reaches the report queue.")
            : new StatusMessage(
                $"In progress: policy {Name(target)} is at revision {current}, and the device has revision {target.Assignment.FetchedRevision ?? target.Assignment.ReportedRevision} still.",
                "It fetches the new one with its next check-in.");
    }

    private static StatusMessage OfHealth(HealthState state, AgentHealth? health, TimeSpan inactiveAfter, DateTimeOffset now)
    {
        const string NoContact = "See that the device is switched on and reaches the addresses of Microsoft Defender ATP, through the proxy if there is one.";
        return state switch
        {
            HealthState.NeverReached => new StatusMessage("Never reached: the device has fetched no policy and reported nothing.",
                "See that it is enrolled, switched on, and reaches this service."),
            HealthState.NotOnboarded => new StatusMessage(
                "Not onboarded: the policy was fetched, but the agent hasn't reported that the device is onboarded"
                    + (health is null ? "; it has sent no report." : $"; its last report, of {Time(health.ReportedAt)}, says that it isn't."),
                "See the message of its deployment. If that says Success, restart the device and look at its SENSE log."),
            HealthState.AgentState => new StatusMessage(
                $"Agent state: the agent's Windows service (Sense) isn't running, as the device reported at {Time(health!.ReportedAt)}.",
                "Start the service. Right after a restart it may just not have started yet: then the next report clears it."),
            HealthState.Inactive => new StatusMessage(
                (health!.LastConnected is { } connected
                    ? $"Inactive: last connected {Time(connected)}, {Days((int)(now - connected).TotalDays)} ago"
                    : "Inactive: the agent has not connected to its service yet")
                    + $"; the period is {Days((int)inactiveAfter.TotalDays)}.",
                NoContact),
            _ => new StatusMessage($"Healthy: the agent runs, and last connected {Time(health!.LastConnected)}."),
        };
    }

    private static string Describe(OperatingSystemClass operatingSystem, OperatingSystemFacts facts) => operatingSystem.Name == PlatformRules.Other
        ? $"an operating system of build {facts.Build} and product type {facts.ProductType}"
        : $"{operatingSystem.Name} (build {facts.Build})";

    private static string Name(TargetedDeployment target) => $"'{target.Policy.Current.Name}'";

    private static string Words(FileSamples samples) => samples == FileSamples.None ? "no file samples" : "samples of all file types";

    private static string Time(DateTimeOffset? at) => $"{at?.UtcDateTime:yyyy-MM-dd HH:mm} UTC";

    private static string Days(int count) => count == 1 ? "1 day" : $"{count} days";
}
