using Atp.Core.Site;
using Atp.Core.Storage;

namespace Atp.Core.Devices;

/// <summary>What became of one device.</summary>
/// <param name="Before">As it was first read; its device is null when it was created.</param>
/// <param name="After">As it was written; null when the change left it alone.</param>
public sealed record FleetChange(FleetDevice Before, Device? After);

/// <summary>Read, decide, write with If-Match for many devices of one shard, and again for those that changed meanwhile.</summary>
public sealed class FleetChanges(FleetTable fleet, TimeProvider clock)
{
    /// <param name="shard">The shard.</param>
    /// <param name="deviceIds">Devices of that shard.</param>
    /// <param name="site">Live deployments that new members are placed for.</param>
    /// <param name="change">
    /// Gives the device as it should be, or null to leave it alone. Called again when the device changed meanwhile, so it
    /// decides from what it is given and nothing else.
    /// </param>
    /// <param name="ct">Cancels.</param>
    /// <returns>In order of the ids.</returns>
    public async Task<IReadOnlyList<FleetChange>> ApplyAsync(
        string shard, IReadOnlyCollection<string> deviceIds, SiteSnapshot site, Func<FleetDevice, Device?> change, CancellationToken ct) =>
        await ApplyAsync(shard, await ReadAsync(shard, deviceIds, ct), site, change, ct);

    /// <summary>Likewise for devices that were read already.</summary>
    public Task<IReadOnlyList<FleetChange>> ApplyAsync(
        string shard, IReadOnlyList<FleetDevice> devices, SiteSnapshot site, Func<FleetDevice, Device?> change, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        return ApplyAsync(shard, devices, change,
            changed => fleet.WriteAsync(changed.Select(pair => DeviceChange.Of(pair.Before, pair.After, site, now)), ct), ct);
    }

    /// <summary>Likewise for changes of credentials, and nothing else.</summary>
    public async Task<IReadOnlyList<FleetChange>> ApplyCredentialsAsync(
        string shard, IReadOnlyCollection<string> deviceIds, Func<FleetDevice, Device?> change, CancellationToken ct) =>
        await ApplyAsync(shard, await ReadAsync(shard, deviceIds, ct), change, changed => fleet.WriteCredentialsAsync(changed, ct), ct);

    private async Task<IReadOnlyList<FleetChange>> ApplyAsync(
        string shard, IReadOnlyList<FleetDevice> devices, Func<FleetDevice, Device?> change,
        Func<IEnumerable<(FleetDevice Before, Device After)>, Task> write, CancellationToken ct)
    {
        var ids = devices.Select(d => d.Id).ToList();
        var current = devices;
        List<Device?> after = [];
        await Contention.RetryAsync(async () =>
        {
            var read = current.Count == 0 && ids.Count > 0 ? await ReadAsync(shard, ids, ct) : current;
            current = []; // a second attempt reads anew
            after = [.. read.Select(change)];
            await write(read.Zip(after)
                .Where(pair => pair.Second is not null && pair.Second != pair.First.Device)
                .Select(pair => (pair.First, pair.Second!)));
        }, ct);
        return [.. devices.Zip(after, (before, device) => new FleetChange(before, device))];
    }

    /// <summary>Brings devices that were read already to the membership that the rules of <paramref name="site"/> give.</summary>
    /// <returns>In order of the ids; those that are gone or being deleted were left alone.</returns>
    public Task<IReadOnlyList<FleetChange>> ApplyRulesAsync(
        string shard, IReadOnlyList<FleetDevice> devices, SiteSnapshot site, CancellationToken ct) =>
        ApplyAsync(shard, devices, site, found => found.Device is { Deleting: false } device ? Membership.Apply(device, site) : null, ct);

    private async Task<IReadOnlyList<FleetDevice>> ReadAsync(string shard, IReadOnlyCollection<string> deviceIds, CancellationToken ct) =>
        deviceIds.Count == 1
            ? [await fleet.FindAsync(deviceIds.Single(), ct)]
            : await fleet.FindAllAsync(shard, [.. deviceIds.Order(StringComparer.Ordinal)], ct);
}
