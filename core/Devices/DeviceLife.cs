using Atp.Core.Audit;
using Atp.Core.Collections;
using Atp.Core.Errors;
using Atp.Core.Requests;
using Atp.Core.Site;

namespace Atp.Core.Devices;

/// <summary>Takes a device out of use.</summary>
/// <param name="Reason">For people.</param>
/// <param name="ReplacedBy">The id that the same computer has now; it need not be known yet.</param>
public sealed record RetireDevice(string Reason, string? ReplacedBy = null);

/// <summary>
/// Devices that go out of use and come back. A retired one is in no collection, so that nothing targets or counts it, and keeps
/// its direct collections, its assignments and its key, so that it comes back as it was. Every step is safe to repeat, and a
/// repeat does what a crash left out: members are counted even when the device itself is as it should be.
/// </summary>
public sealed class DeviceLife(
    FleetChanges changes, SiteSnapshots snapshots, ShardMap shards, CollectionEvaluation evaluation, AuditTrail audit, TimeProvider clock)
{
    /// <summary>Why a device is retired when another one is enrolled in its place.</summary>
    public const string ReImaged = "Re-imaged";

    private const int MaxReason = 256;

    internal static DomainError NotFound { get; } = DomainError.NotFound("device.not-found", "There is no such device.");

    /// <summary>Retiring it again with the same words changes nothing; other words replace them.</summary>
    /// <exception cref="DomainException">Not found; invalid, by field.</exception>
    public async Task RetireAsync(string deviceId, RetireDevice command, Caller caller, CancellationToken ct)
    {
        var wanted = ToRetirement(deviceId, command);
        await audit.ChangeAsync(caller, "device.retire", deviceId, async () =>
        {
            var device = await ChangeAsync(deviceId, await snapshots.ReadAsync(ct),
                device => device.Retired is { } before && before with { At = wanted.At } == wanted ? device : device with { Retired = wanted }, ct);
            return Describe(device ?? throw NotFound.ToException());
        }, ct);
    }

    /// <summary>Back in use, in the collections that it has by now; a device in use stays as it is.</summary>
    /// <exception cref="DomainException">Not found.</exception>
    public Task ReinstateAsync(string deviceId, Caller caller, CancellationToken ct) => audit.ChangeAsync(caller, "device.reinstate", deviceId, async () =>
    {
        var site = await snapshots.ReadAsync(ct);
        _ = await ChangeAsync(deviceId, site, device => device.Retired is null ? device : device with { Retired = null }, ct)
            ?? throw NotFound.ToException();
        return "in use";
    }, ct);

    /// <summary>
    /// One computer under a new id: the old one is retired, then its direct collections are copied. In this order, since a
    /// computer that a crash leaves without some collections is mended by a repeat, and until then never counts twice.
    /// </summary>
    /// <exception cref="DomainException">Not found, by field; conflict when another device replaced the old one.</exception>
    internal async Task ReplaceAsync(string oldId, string newId, Caller caller, CancellationToken ct)
    {
        var site = await snapshots.ReadAsync(ct);
        var old = await audit.ChangeAsync(caller, "device.retire", oldId, async () =>
        {
            var retired = await RetireReplacedAsync(oldId, newId, site, ct);
            return (retired, Describe(retired));
        }, ct);
        await ChangeAsync(newId, site, device => old.DirectCollections.All(device.DirectCollections.Contains)
            ? device
            : device with { DirectCollections = [.. device.DirectCollections.Union(old.DirectCollections).Order(StringComparer.Ordinal)] }, ct);
    }

    private async Task<Device> RetireReplacedAsync(string oldId, string newId, SiteSnapshot site, CancellationToken ct)
    {
        var retirement = new Retirement(clock.GetUtcNow(), ReImaged, newId);
        var old = await ChangeAsync(oldId, site, device => device.Retired?.ReplacedBy is not { } replacedBy
            ? device with { Retired = retirement }
            : replacedBy == newId ? device
            : throw DomainError.Conflict("device.replaced-already",
                $"Device {oldId} was replaced by {replacedBy} already. If that is wrong, reinstate it first.").ToException(), ct);
        if (old is null)
        {
            var unknown = $"There is no device {oldId} to replace.";
            throw (NotFound with { Detail = unknown, Fields = new Dictionary<string, string[]> { ["replaces"] = [unknown] } }).ToException();
        }

        return old;
    }

    /// <exception cref="DomainException">Invalid, by field: no device id, or the device's own.</exception>
    internal static string ParseReplaced(string replaces, string deviceId) => DeviceId.Parse(replaces, "replaces") is var id && id != deviceId
        ? id
        : throw DomainError.Field("replaces", "device.replaces-itself", "A device can't replace itself. Name the id that it had before.").ToException();

    private Retirement ToRetirement(string deviceId, RetireDevice command)
    {
        var errors = new FieldErrors();
        var reason = command.Reason.Trim();
        if (reason.Length is 0 or > MaxReason || reason.Any(char.IsControl))
        {
            errors.Add("reason", "device.reason-invalid", $"Say why it is retired, in 1 to {MaxReason} characters, none of them a control character.");
        }

        string? replacedBy = null;
        if (command.ReplacedBy is not null && !DeviceId.TryParse(command.ReplacedBy, out replacedBy))
        {
            errors.Add("replacedBy", "device.id-invalid", DeviceId.Rule);
        }
        else if (replacedBy == deviceId)
        {
            errors.Add("replacedBy", "device.replaces-itself", "A device can't replace itself. Name the id that the computer has now.");
        }

        errors.ThrowIfAny();
        return new Retirement(clock.GetUtcNow(), reason, replacedBy);
    }

    /// <returns>The device as it is now; null when there is none.</returns>
    private async Task<Device?> ChangeAsync(string deviceId, SiteSnapshot site, Func<Device, Device> change, CancellationToken ct)
    {
        var shard = shards.ShardOf(deviceId);
        var outcome = (await changes.ApplyAsync(shard, [deviceId], site,
            found => found.Device is { Deleting: false } device ? Membership.Apply(change(device), site) : null, ct))[0];
        if (outcome.After is { } after)
        {
            // Where it is or would be a member, changed or not: the change may be an earlier attempt's that died before it counted.
            var touched = Membership.Apply(after with { Retired = null }, site).Collections.Union(outcome.Before.Device?.Collections ?? []);
            await evaluation.RecountAsync(touched, shard, site, ct);
        }

        return outcome.After;
    }

    private static string Describe(Device device) => device.Retired is not { } retired ? "in use"
        : retired.ReplacedBy is null ? retired.Reason
        : $"{retired.Reason}; replaced by {retired.ReplacedBy}";
}
