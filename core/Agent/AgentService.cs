using Atp.Core.Audit;
using Atp.Core.Deployments;
using Atp.Core.Devices;
using Atp.Core.Errors;
using Atp.Core.Policies;
using Atp.Core.Requests;
using Atp.Core.Site;
using Atp.Core.Storage;
using Microsoft.Extensions.Options;

namespace Atp.Core.Agent;

/// <summary>What devices ask for: their instructions, and the file or workspace that these name.</summary>
public sealed class AgentService(
    FleetTable fleet, SiteSnapshots snapshots, PolicyMaterial material, ReportChannel reports, DeviceCredentials credentials, AuditTrail audit,
    IOptions<SiteOptions> options, TimeProvider clock)
{
    /// <summary>Being seen is written down this often at most, so that a check-in without news is one transaction.</summary>
    private static readonly TimeSpan SeenInterval = TimeSpan.FromHours(12);

    /// <summary>
    /// One transaction when nothing changed, two when the inventory did, there is a new revision to take, or the device signs under
    /// another enrollment key than before.
    /// </summary>
    /// <exception cref="DomainException">Unauthenticated or forbidden: the device is unknown, blocked, or has a newer key.</exception>
    public Task<CheckInAnswer> CheckInAsync(DeviceToken token, CheckIn checkIn, CancellationToken ct)
    {
        var inventory = checkIn.Inventory?.ToInventory();
        return Contention.RetryAsync(() => CheckInAsync(token, inventory, ct), ct);
    }

    /// <summary>The configuration file of the device's winning assignment, byte for byte as uploaded.</summary>
    /// <exception cref="DomainException">Not found when this deployment doesn't hold the device, or asks for no file.</exception>
    public async Task<(BinaryData Content, ConfigurationFileFacts Facts)> ConfigurationFileAsync(
        DeviceToken token, string deploymentId, Caller caller, CancellationToken ct)
    {
        var (found, winner) = await WinnerAsync(token, deploymentId, Applicability.DeliverFile, ct);
        var facts = winner.Policy.Current.ConfigurationFile;
        var content = await material.ConfigurationFileAsync(winner.Policy.Id, facts, ct);
        await AuditDeliveryAsync(found, winner, "configuration.deliver", caller, ct);
        return (content, facts);
    }

    /// <summary>The workspace of a down-level device's winning assignment.</summary>
    /// <exception cref="DomainException">Not found when this deployment doesn't hold the device, or it needs no workspace.</exception>
    public async Task<WorkspaceAnswer> WorkspaceAsync(DeviceToken token, string deploymentId, Caller caller, CancellationToken ct)
    {
        var (found, winner) = await WinnerAsync(token, deploymentId, Applicability.DeliverWorkspace, ct);
        var workspace = winner.Policy.Current.Workspace!;
        var key = await material.WorkspaceKeyAsync(winner.Policy.Id, workspace, ct);
        await AuditDeliveryAsync(found, winner, "workspace.deliver", caller, ct);
        return new WorkspaceAnswer(workspace.Id, key);
    }

    private async Task<CheckInAnswer> CheckInAsync(DeviceToken token, Inventory? inventory, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var found = await fleet.FindAsync(token.DeviceId, ct);
        var device = Authorized(found, token);
        var site = await SnapshotForAsync(found, ct);
        var after = inventory is not null && !inventory.SameAs(device.Inventory)
            ? Membership.Apply(device with { Inventory = inventory }, site)
            : device;
        var decision = DeviceDecision.For(after, found.Assignments, site, now);
        var taken = Take(decision.Winner, now);
        if (taken is not null || after != device || device.KeyGeneration != token.KeyGeneration
            || device.LastSeen is null || now - device.LastSeen > SeenInterval)
        {
            var seen = after with { LastSeen = now, KeyGeneration = token.KeyGeneration };
            await fleet.WriteAsync([DeviceChange.Of(found, seen, site, now) with { Fetched = taken }], ct);
        }

        var period = TimeSpan.FromMinutes(options.Value.CheckInMinutes);
        var jitter = 0.9 + (0.2 * Random.Shared.NextDouble());
        return new CheckInAnswer(
            decision.Winner is { } winner ? InstructionsFor(winner, decision, after) : null, await reports.GetAsync(ct), now + (period * jitter),
            await credentials.NewKeyForAsync(token, ct));
    }

    /// <summary>
    /// What is remembered, unless the device took a newer revision from another instance: then it is out of date, and would take the
    /// device back.
    /// </summary>
    private async ValueTask<SiteSnapshot> SnapshotForAsync(FleetDevice found, CancellationToken ct)
    {
        var site = await snapshots.GetAsync(ct);
        return site.Deployments.Any(d => found.Assignments.TryGetValue(d.Id, out var assignment)
            && assignment.FetchedRevision > site.Policies[d.PolicyId].Current.Revision)
                ? await snapshots.ReadAsync(ct)
                : site;
    }

    private static Device Authorized(FleetDevice found, DeviceToken token)
    {
        if (found.Device is not { Deleting: false } device || device.KeyVersion == 0)
        {
            throw new DomainError(ErrorKind.Unauthenticated, "device.not-enrolled",
                "This device is not enrolled. Enroll it to get a key.").ToException();
        }

        if (device.KeyVersion != token.KeyVersion)
        {
            throw new DomainError(ErrorKind.Unauthenticated, "device.key-replaced",
                "This device was given a newer key. Sign with that one, or enroll again.").ToException();
        }

        if (device.Blocked)
        {
            throw new DomainError(ErrorKind.Forbidden, "device.blocked", "An administrator has blocked this device.").ToException();
        }

        return device.Retired is { } retired
            ? throw new DomainError(ErrorKind.Forbidden, "device.retired", retired.ReplacedBy is { } newId
                ? $"This device was retired: the computer is {newId} now. Enroll it under that id."
                : "This device was retired. If it is in use, ask an administrator to reinstate it.").ToException()
            : device;
    }

    /// <summary>
    /// The assignment as it is once the device has these instructions; null when it had them before or there are none. The same
    /// revision is taken again when it delivers something else, as after an upgrade from a down-level to an up-level system.
    /// </summary>
    private static Assignment? Take(TargetedDeployment? winner, DateTimeOffset now)
    {
        if (winner is null || !winner.Applicability.IsApplicable())
        {
            return null;
        }

        var policy = winner.Policy.Current;
        var delivery = new Delivery(
            policy.Revision, now,
            winner.Applicability == Applicability.DeliverFile ? policy.ConfigurationFile.Sha256 : null,
            winner.Applicability == Applicability.DeliverWorkspace ? $"{policy.Workspace!.Id} {policy.Workspace.KeyVersion}" : null);
        var assignment = winner.Assignment ?? new Assignment { DeploymentId = winner.Deployment.Id };
        if (assignment.FetchedRevision == policy.Revision
            && (assignment.Deliveries.Count == 0 || assignment.Deliveries[^1] with { At = now } == delivery))
        {
            return null;
        }

        return assignment with
        {
            FetchedRevision = policy.Revision,
            FetchedAt = now,
            FetchCount = assignment.FetchCount + 1,
            Deliveries = [.. assignment.Deliveries.Append(delivery).TakeLast(Assignment.MaxDeliveries)],
        };
    }

    private static Instructions InstructionsFor(TargetedDeployment winner, DeviceDecision decision, Device device)
    {
        var policy = winner.Policy.Current;
        var instructions = new Instructions
        {
            DeploymentId = winner.Deployment.Id,
            Revision = policy.Revision,
            Action = policy.Kind == PolicyKind.Onboarding ? AgentAction.Onboard : AgentAction.Offboard,
            FileSamples = policy.FileSamples,
            Reapply = decision.FileSamplesDrifted,
            Reason = StatusMessages.OfFileSamples(device, decision)?.Text,
        };
        return winner.Applicability switch
        {
            Applicability.DeliverFile => instructions with
            {
                Configuration = new FileOffer(
                    $"/api/agent/configuration/{winner.Deployment.Id}", policy.ConfigurationFile.Sha256, policy.ConfigurationFile.Length),
                DefenderClient = policy.Kind == PolicyKind.Onboarding && decision.OperatingSystem.Platform == Platform.DownLevel
                    && device.Inventory.DefenderClientVersion is null
                        ? DefenderClientAction.Install
                        : DefenderClientAction.None,
            },
            Applicability.DeliverWorkspace => instructions with
            {
                WorkspaceUrl = $"/api/agent/workspace/{winner.Deployment.Id}",
                MonitoringAgent = device.Inventory.MonitoringAgentVersion is null ? MonitoringAgentAction.Install : MonitoringAgentAction.None,
            },
            Applicability.RemoveMonitoringAgent => instructions with { MonitoringAgent = MonitoringAgentAction.Remove },
            Applicability.WorkspaceMissing => instructions with
            {
                Action = AgentAction.None,
                Reason = "This operating system needs the Workspace ID and key, and the policy has none.",
            },
            Applicability.NotSupported => instructions with
            {
                Action = AgentAction.None,
                Reason = "This operating system is not supported.",
            },
            _ => instructions with { Action = AgentAction.None, Reason = "The offboarding file has expired." },
        };
    }

    private async Task<(FleetDevice Found, TargetedDeployment Winner)> WinnerAsync(
        DeviceToken token, string deploymentId, Applicability needed, CancellationToken ct)
    {
        var found = await fleet.FindAsync(token.DeviceId, ct);
        var device = Authorized(found, token);
        var decision = DeviceDecision.For(device, found.Assignments, await SnapshotForAsync(found, ct), clock.GetUtcNow());
        return decision.Winner is { } winner && winner.Deployment.Id == deploymentId && winner.Applicability == needed
            ? (found, winner)
            : throw DomainError.NotFound("agent.nothing-to-deliver",
                "This deployment has nothing of that kind for this device. Check in again and follow the new instructions.").ToException();
    }

    /// <summary>
    /// On record once per device and revision: the key is made of both, and the day is that of the fetch. What the device takes again
    /// is counted with its assignment.
    /// </summary>
    private async Task AuditDeliveryAsync(FleetDevice found, TargetedDeployment winner, string action, Caller caller, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var revision = winner.Policy.Current.Revision;
        var fetchedAt = winner.Assignment?.FetchedRevision == revision ? winner.Assignment.FetchedAt ?? now : now;
        var isSameDay = fetchedAt.UtcDateTime.Date == now.UtcDateTime.Date;
        if (!await audit.RecordOnceAsync(
            caller, action, found.Id, $"policy {winner.Policy.Id} revision {revision}{(isSameDay ? "" : $", taken on {now:u}")}",
            $"{found.Id}!{winner.Deployment.Id}!{revision:D6}!{action}", isSameDay ? now : fetchedAt, ct))
        {
            await CountRedeliveryAsync(found, winner.Deployment.Id, now, ct);
        }
    }

    private async Task CountRedeliveryAsync(FleetDevice found, string deploymentId, DateTimeOffset at, CancellationToken ct)
    {
        var isFirst = true;
        await Contention.RetryAsync(async () =>
        {
            var current = isFirst ? found : await fleet.FindAsync(found.Id, ct);
            isFirst = false;
            if (current.Device is not null)
            {
                var assignment = current.Assignments.GetValueOrDefault(deploymentId) ?? new Assignment { DeploymentId = deploymentId };
                await fleet.RecordRedeliveryAsync(current, assignment with { Redeliveries = assignment.Redeliveries + 1, RedeliveredAt = at }, ct);
            }
        }, ct);
    }
}
