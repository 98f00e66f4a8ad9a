using System.Globalization;
using Atp.Core.Agent;
using Atp.Core.Audit;
using Atp.Core.Collections;
using Atp.Core.Deployments;
using Atp.Core.Errors;
using Atp.Core.Health;
using Atp.Core.Requests;
using Atp.Core.Site;
using Atp.Core.Storage;

namespace Atp.Core.Devices;

/// <summary>Asks for a device's key.</summary>
/// <param name="NewKey">Replace a key that was handed out before; the old one is worthless from then on.</param>
/// <param name="Replaces">The id that the same computer had before it was re-imaged: retired, and its direct collections are taken over.</param>
public sealed record EnrollDevice(bool NewKey = false, string? Replaces = null);

/// <summary>A device's credential; shown once.</summary>
/// <param name="Key">Base64. Derived, so it is stored nowhere.</param>
public sealed record Enrollment(string DeviceId, string Key, int KeyVersion);

/// <summary>A device with what its facts mean now, and that in words.</summary>
public sealed record DeviceDetails(Device Device, DeviceDecision Decision, DeviceMessages Messages);

/// <summary>What administrators do with devices.</summary>
public sealed class DeviceService(
    FleetTable fleet, FleetChanges changes, SiteSnapshots snapshots, ShardMap shards, CollectionEvaluation evaluation,
    EnrollmentKeys enrollment, DeviceLife life, HealthQueries health, AuditTrail audit, TimeProvider clock)
{
    /// <summary>A page of a list reads so many rows, whatever it finds among them: a second or two.</summary>
    private const int MaxRowsPerPage = 20_000;

    /// <summary>Creates the device or changes its inventory; its collections follow in the same transaction.</summary>
    /// <exception cref="DomainException">Invalid, by field; conflict while it is being deleted.</exception>
    public Task<DeviceDetails> UpsertAsync(string deviceId, InventoryInput input, Caller caller, CancellationToken ct)
    {
        var inventory = input.ToInventory();
        return audit.ChangeAsync(caller, "device.upsert", deviceId, () => UpsertAsync(deviceId, inventory, ct), ct);
    }

    /// <exception cref="DomainException">Not found.</exception>
    public async Task<DeviceDetails> GetAsync(string deviceId, CancellationToken ct)
    {
        var site = await snapshots.GetAsync(ct);
        var found = await FindAsync(deviceId, ct);
        return Details(found.Device!, found.Assignments, site);
    }

    /// <summary>
    /// The devices of a query, shard by shard. A page may be short or empty and still have a continuation: it reads a bounded
    /// part of the fleet.
    /// </summary>
    /// <exception cref="DomainException">Invalid, by field, or an invalid continuation.</exception>
    public async Task<Page<DeviceDetails>> ListAsync(DeviceQuery query, int pageSize, string? continuation, CancellationToken ct)
    {
        var site = await snapshots.GetAsync(ct);
        if (!query.IsKnownTo(site))
        {
            site = await snapshots.ReadAsync(ct); // another instance may just have made what it names
        }

        var filter = query.ToFilter(site);
        if (filter.Scope == FigureScopes.OtherOrganisations)
        {
            filter = filter with { NamedOrganisations = await health.NamedOrganisationsAsync(ct) };
        }

        var now = clock.GetUtcNow();
        DeviceDetails? Show(FleetDevice found)
        {
            if (found.Device is not { Deleting: false } device || device.IsInUse == query.Retired)
            {
                return null;
            }

            var decision = DeviceDecision.For(device, found.Assignments, site, now);
            return filter.Holds(device, decision) ? Details(device, decision, site, now) : null;
        }

        return await ShardPaging.PageAsync(
            shards, pageSize, MaxRowsPerPage, continuation, fleet.DevicesAfterAsync, found => found.Id, found => 1 + found.Assignments.Count, Show, ct);
    }

    /// <summary>Marks it, removes what depends on it, and takes its row last; repeating it finishes what stopped half way.</summary>
    /// <exception cref="DomainException">Not found.</exception>
    public Task DeleteAsync(string deviceId, Caller caller, CancellationToken ct) => audit.ChangeAsync(caller, "device.delete", deviceId, async () =>
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
        return "removed";
    }, ct);

    /// <summary>
    /// Hands out the device's key, once. A new key makes the one before it worthless. Where it replaces another device, that one
    /// is retired before: the key is the commit point, so a repeat after a crash does all that is missing.
    /// </summary>
    /// <exception cref="DomainException">
    /// Not found; invalid or not found, by field, when it can't replace the other one; conflict when it has a key and no new one
    /// was asked for, when it is retired, or when the other one was replaced by a third.
    /// </exception>
    public async Task<Enrollment> EnrollAsync(string deviceId, EnrollDevice command, ChangeRequest request, CancellationToken ct)
    {
        var keys = await enrollment.GetAsync(ct);
        var ask = new KeyRequest(request, request.RepeatabilityId is null ? null : request.NewMark(clock), command.NewKey,
            keys.Versions.HandedOutAt(clock.GetUtcNow()), clock);
        var device = await audit.ChangeAsync(request.Caller, "device.enroll", deviceId, async () =>
        {
            var given = await GiveKeyAsync(deviceId, command, ask, request.Caller, ct);
            return (given, string.Create(CultureInfo.InvariantCulture, $"key version {given.KeyVersion}"));
        }, ct);
        return new Enrollment(deviceId, keys.KeyOf(device, clock.GetUtcNow()), device.KeyVersion);
    }

    /// <summary>A blocked device can't check in, download or report until it is unblocked.</summary>
    /// <exception cref="DomainException">Not found.</exception>
    public Task SetBlockedAsync(string deviceId, bool blocked, Caller caller, CancellationToken ct) =>
        audit.ChangeAsync(caller, blocked ? "device.block" : "device.unblock", deviceId, async () =>
        {
            await Contention.RetryAsync(async () =>
            {
                var found = await FindAsync(deviceId, ct);
                await fleet.WriteCredentialsAsync([(found, found.Device! with { Blocked = blocked })], ct);
            }, ct);
            return blocked ? "blocked" : "let in again";
        }, ct);

    private async Task<(DeviceDetails Value, string Detail)> UpsertAsync(string deviceId, Inventory inventory, CancellationToken ct)
    {
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
        return (Details(change.After, change.Before.Assignments, site),
            change.Before.Device is null ? "created" : change.Before.Device == change.After ? "unchanged" : "inventory updated");
    }

    /// <returns>The device with the key that it has from now on.</returns>
    private async Task<Device> GiveKeyAsync(string deviceId, EnrollDevice command, KeyRequest ask, Caller caller, CancellationToken ct)
    {
        if (command.Replaces is not null)
        {
            var replaced = DeviceLife.ParseReplaced(command.Replaces, deviceId);
            if (ask.IsToGive((await FindAsync(deviceId, ct)).Device!))
            {
                await life.ReplaceAsync(replaced, deviceId, caller, ct);
            }
        }

        return await Contention.RetryAsync(async () =>
        {
            var found = await FindAsync(deviceId, ct);
            var device = found.Device!;
            if (!ask.IsToGive(device))
            {
                return device;
            }

            var after = ask.GiveTo(device);
            await fleet.WriteCredentialsAsync([(found, after)], ct);
            return after;
        }, ct);
    }

    private static DomainException NotFound() => DeviceLife.NotFound.ToException();

    private DeviceDetails Details(Device device, IReadOnlyDictionary<string, Assignment> assignments, SiteSnapshot site)
    {
        var now = clock.GetUtcNow();
        return Details(device, DeviceDecision.For(device, assignments, site, now), site, now);
    }

    private static DeviceDetails Details(Device device, DeviceDecision decision, SiteSnapshot site, DateTimeOffset now) =>
        new(device, decision, StatusMessages.For(device, decision, site.Settings, now));

    private async Task<FleetDevice> FindAsync(string deviceId, CancellationToken ct) =>
        await fleet.FindAsync(deviceId, ct) is { Device.Deleting: false } found ? found : throw NotFound();

    private Task RecountAsync(
        IReadOnlyList<string> before, IReadOnlyList<string> after, string shard, SiteSnapshot site, CancellationToken ct) =>
        evaluation.RecountAsync(after.Except(before).Concat(before.Except(after)), shard, site, ct);
}
