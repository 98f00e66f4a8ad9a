using System.Globalization;
using Atp.Core.Agent;
using Atp.Core.Audit;
using Atp.Core.Collections;
using Atp.Core.Deployments;
using Atp.Core.Errors;
using Atp.Core.Requests;
using Atp.Core.Site;
using Atp.Core.Storage;

namespace Atp.Core.Devices;

/// <summary>A device's credential; shown once.</summary>
/// <param name="Key">Base64. Derived, so it is stored nowhere.</param>
public sealed record Enrollment(string DeviceId, string Key, int KeyVersion);

/// <summary>A device with what its facts mean now.</summary>
public sealed record DeviceDetails(Device Device, DeviceDecision Decision);

/// <summary>What administrators do with devices.</summary>
public sealed class DeviceService(
    FleetTable fleet, FleetChanges changes, SiteSnapshots snapshots, ShardMap shards, CollectionEvaluation evaluation,
    DeviceCredentials credentials, AuditTable audit, TimeProvider clock)
{
    /// <summary>Creates the device or changes its inventory; its collections follow in the same transaction.</summary>
    /// <exception cref="DomainException">Invalid, by field; conflict while it is being deleted.</exception>
    public async Task<DeviceDetails> UpsertAsync(string deviceId, InventoryInput input, Caller caller, CancellationToken ct)
    {
        var inventory = input.ToInventory();
        var site = await snapshots.GetAsync(ct);
        var shard = shards.ShardOf(deviceId);
        var change = (await changes.ApplyAsync(shard, [deviceId], site, found => found.Device is { Deleting: true }
            ? null
            : Membership.Apply(found.Device is null ? new Device { Id = deviceId, Inventory = inventory }
                : found.Device.Inventory.SameAs(inventory) ? found.Device
                : found.Device with { Inventory = inventory }, site), ct))[0];
        if (change.After is null)
        {
            throw DomainError.Conflict("device.deleting", "The device is being deleted. Try again in a moment.").ToException();
        }

        await RecountAsync(change.Before.Device?.Collections ?? [], change.After.Collections, shard, site, ct);
        if (change.Before.Device != change.After)
        {
            await audit.WriteAsync(new AuditEntry(clock.GetUtcNow(), caller,
                change.Before.Device is null ? "device.created" : "device.updated", deviceId, "inventory"), ct);
        }

        return Details(change.After, change.Before.Assignments, site);
    }

    /// <exception cref="DomainException">Not found.</exception>
    public async Task<DeviceDetails> GetAsync(string deviceId, CancellationToken ct)
    {
        var site = await snapshots.GetAsync(ct);
        var found = await FindAsync(deviceId, ct);
        return Details(found.Device!, found.Assignments, site);
    }

    /// <summary>All devices, shard by shard.</summary>
    /// <exception cref="DomainException">Invalid continuation.</exception>
    public async Task<Page<DeviceDetails>> ListAsync(int pageSize, string? continuation, CancellationToken ct)
    {
        var site = await snapshots.GetAsync(ct);
        var page = await ShardPaging.PageAsync(shards, pageSize, continuation,
            (shard, after, token) => LivingAsync(fleet.DevicesAfterAsync(shard, after, token)), found => found.Id, ct);
        return page.Select(found => Details(found.Device!, found.Assignments, site));
    }

    /// <summary>Marks it, removes what depends on it, and takes its row last; repeating it finishes what stopped half way.</summary>
    /// <exception cref="DomainException">Not found.</exception>
    public async Task DeleteAsync(string deviceId, Caller caller, CancellationToken ct)
    {
        var site = await snapshots.GetAsync(ct);
        var removed = await Contention.RetryAsync(async () =>
        {
            var found = await fleet.FindAsync(deviceId, ct);
            if (found.Device is null)
            {
                throw NotFound();
            }

            if (!found.Device.Deleting)
            {
                await fleet.MarkDeletingAsync(found, ct);
            }

            await fleet.RemoveAsync(found, ct);
            return found.Device;
        }, ct);
        await RecountAsync(removed.Collections, [], shards.ShardOf(deviceId), site, ct);
        await audit.WriteAsync(new AuditEntry(clock.GetUtcNow(), caller, "device.deleted", deviceId, "removed"), ct);
    }

    /// <summary>Hands out the device's key, once. A new key makes the one before it worthless.</summary>
    /// <exception cref="DomainException">Not found; conflict when it has a key and no new one was asked for.</exception>
    public async Task<Enrollment> EnrollAsync(string deviceId, bool newKey, ChangeRequest request, CancellationToken ct)
    {
        var requestMark = request.RepeatabilityId is null ? null : $"{request.NewId(clock)} {request.BodySha256}";
        var version = await Contention.RetryAsync(async () =>
        {
            var found = await FindAsync(deviceId, ct);
            var device = found.Device!;
            if (requestMark is not null && device.EnrollmentRequest is { } before && before.Split(' ')[0] == requestMark.Split(' ')[0])
            {
                request.MustRepeat(before.Split(' ')[1]);
                return device.KeyVersion;
            }

            if (device.KeyVersion > 0 && !newKey)
            {
                throw DomainError.Conflict("device.enrolled",
                    "The device has a key already, and it is handed out only once. Ask for a new key if it was lost.").ToException();
            }

            var after = device with { KeyVersion = device.KeyVersion + 1, EnrollmentRequest = requestMark };
            await fleet.WriteCredentialAsync(found, after, ct);
            return after.KeyVersion;
        }, ct);
        await audit.WriteAsync(new AuditEntry(clock.GetUtcNow(), request.Caller, "device.enrolled", deviceId,
            string.Create(CultureInfo.InvariantCulture, $"key version {version}")), ct);
        return new Enrollment(deviceId, await credentials.KeyForAsync(deviceId, version, ct), version);
    }

    /// <summary>A blocked device can't check in, download or report until it is unblocked.</summary>
    /// <exception cref="DomainException">Not found.</exception>
    public async Task SetBlockedAsync(string deviceId, bool blocked, Caller caller, CancellationToken ct)
    {
        await Contention.RetryAsync(async () =>
        {
            var found = await FindAsync(deviceId, ct);
            await fleet.WriteCredentialAsync(found, found.Device! with { Blocked = blocked }, ct);
        }, ct);
        await audit.WriteAsync(new AuditEntry(clock.GetUtcNow(), caller, blocked ? "device.blocked" : "device.unblocked", deviceId, "done"), ct);
    }

    private static async IAsyncEnumerable<FleetDevice> LivingAsync(IAsyncEnumerable<FleetDevice> devices)
    {
        await foreach (var found in devices)
        {
            if (found.Device is { Deleting: false })
            {
                yield return found;
            }
        }
    }

    private static DomainException NotFound() => DomainError.NotFound("device.not-found", "There is no such device.").ToException();

    private DeviceDetails Details(Device device, IReadOnlyDictionary<string, Assignment> assignments, SiteSnapshot site) =>
        new(device, DeviceDecision.For(device, assignments, site, clock.GetUtcNow()));

    private async Task<FleetDevice> FindAsync(string deviceId, CancellationToken ct) =>
        await fleet.FindAsync(deviceId, ct) is { Device.Deleting: false } found ? found : throw NotFound();

    private async Task RecountAsync(
        IReadOnlyList<string> before, IReadOnlyList<string> after, string shard, SiteSnapshot site, CancellationToken ct)
    {
        foreach (var collectionId in after.Except(before).Concat(before.Except(after)))
        {
            if (site.Collections.ContainsKey(collectionId))
            {
                await evaluation.RecountAsync(collectionId, [shard], ct);
            }
        }
    }
}
