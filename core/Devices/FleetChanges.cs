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
    /// <summary>Up to this many devices are read one by one, more by the range that they lie in.</summary>
    private const int ReadOneByOne = 16;

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
    public async Task<IReadOnlyList<FleetChange>> ApplyAsync(
        string shard, IReadOnlyList<FleetDevice> devices, SiteSnapshot site, Func<FleetDevice, Device?> change, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var ids = devices.Select(d => d.Id).ToList();
        var current = devices;
        List<Device?> after = [];
        await Contention.RetryAsync(async () =>
        {
            var read = current.Count == 0 && ids.Count > 0 ? await ReadAsync(shard, ids, ct) : current;
            current = []; // a second attempt reads anew
            after = [.. read.Select(change)];
            await fleet.WriteAsync(read.Zip(after)
                .Where(pair => pair.Second is not null && pair.Second != pair.First.Device)
                .Select(pair => DeviceChange.Of(pair.First, pair.Second!, site, now)), ct);
        }, ct);
        return [.. devices.Zip(after, (before, device) => new FleetChange(before, device))];
    }

    /// <summary>Brings devices that were read already to the membership that the rules of <paramref name="site"/> give.</summary>
    /// <returns>In order of the ids; those that are gone or being deleted were left alone.</returns>
    public Task<IReadOnlyList<FleetChange>> ApplyRulesAsync(
        string shard, IReadOnlyList<FleetDevice> devices, SiteSnapshot site, CancellationToken ct) =>
        ApplyAsync(shard, devices, site, found => found.Device is { Deleting: false } device ? Membership.Apply(device, site) : null, ct);

    private async Task<IReadOnlyList<FleetDevice>> ReadAsync(string shard, IReadOnlyCollection<string> deviceIds, CancellationToken ct)
    {
        var sorted = deviceIds.Order(StringComparer.Ordinal).ToList();
        if (sorted.Count <= ReadOneByOne)
        {
            return await Task.WhenAll(sorted.Select(id => fleet.FindAsync(id, ct)));
        }

        var found = sorted.ToDictionary(id => id, FleetDevice.None);
        await foreach (var device in fleet.DevicesAsync(shard, sorted[0], sorted[^1], ct))
        {
            if (found.ContainsKey(device.Id))
            {
                found[device.Id] = device;
            }
        }

        return [.. sorted.Select(id => found[id])];
    }
}
