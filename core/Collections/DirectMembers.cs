using System.Globalization;
using Atp.Core.Audit;
using Atp.Core.Devices;
using Atp.Core.Errors;
using Atp.Core.Requests;
using Atp.Core.Site;

namespace Atp.Core.Collections;

/// <summary>Devices to add to or remove from a collection; 10,000 at most.</summary>
public sealed record MemberChange(IReadOnlyList<string> DeviceIds);

/// <summary>What a bulk change did.</summary>
/// <param name="Changed">Devices that were added or removed.</param>
/// <param name="Unchanged">Devices that were direct members already, or weren't.</param>
/// <param name="Unknown">Ids of no device; the others are done all the same.</param>
public sealed record MemberChangeResult(int Changed, int Unchanged, IReadOnlyList<string> Unknown);

/// <summary>Adds and removes direct members in bulk: per shard, in transactions of up to 100 rows.</summary>
public sealed class DirectMembers(
    FleetChanges changes, SiteSnapshots snapshots, ShardMap shards, CollectionEvaluation evaluation, AuditTrail audit)
{
    private const int MaxDevices = 10_000;
    private const int ShardsAtOnce = 8;

    /// <exception cref="DomainException">Not found; invalid ids; conflict when a device would be in too many collections.</exception>
    public async Task<MemberChangeResult> ChangeAsync(
        string collectionId, MemberChange command, bool add, ChangeRequest request, CancellationToken ct)
    {
        var byShard = Parse(command).GroupBy(shards.ShardOf).ToList();
        var site = await snapshots.ReadAsync(ct);
        if (!site.Collections.ContainsKey(collectionId))
        {
            throw DomainError.NotFound("collection.not-found", "There is no such collection.").ToException();
        }

        return await audit.ChangeAsync(request.Caller, add ? "collection.add-members" : "collection.remove-members", collectionId, async () =>
        {
            var result = await ChangeAsync(collectionId, byShard, add, site, ct);
            return (result, string.Create(CultureInfo.InvariantCulture, $"{result.Changed} devices"));
        }, ct);
    }

    private async Task<MemberChangeResult> ChangeAsync(
        string collectionId, List<IGrouping<string, string>> byShard, bool add, SiteSnapshot site, CancellationToken ct)
    {
        var outcomes = new List<FleetChange>();
        try
        {
            // Not with the loop's own token: a refusal in one shard would cut off writes of others, which storage may do all the same, uncounted.
            await Parallel.ForEachAsync(byShard, new ParallelOptions { MaxDegreeOfParallelism = ShardsAtOnce, CancellationToken = ct }, async (shard, _) =>
            {
                var outcome = await changes.ApplyAsync(shard.Key, [.. shard], site, found => Change(found, collectionId, add, site), ct);
                lock (outcomes)
                {
                    outcomes.AddRange(outcome);
                }
            });
        }
        finally
        {
            // Also when a device was refused: other shards may have been changed before.
            foreach (var affected in site.CollectionGraph.DependentsOf(collectionId).Prepend(collectionId))
            {
                await evaluation.RecountAsync(affected, byShard.Select(shard => shard.Key), ct);
            }
        }

        var found = outcomes.Where(o => o.After is not null).ToList();
        var changed = found.Count(o => o.After != o.Before.Device);
        return new MemberChangeResult(changed, found.Count - changed,
            [.. outcomes.Where(o => o.After is null).Select(o => o.Before.Id).Order(StringComparer.Ordinal)]);
    }

    private static HashSet<string> Parse(MemberChange command)
    {
        if (command.DeviceIds.Count is 0 or > MaxDevices)
        {
            throw DomainError.Field("deviceIds", "members.count", $"Name 1 to {MaxDevices} devices.").ToException();
        }

        return [.. command.DeviceIds.Select((id, index) => DeviceId.Parse(id, $"deviceIds[{index}]"))];
    }

    private static Device? Change(FleetDevice found, string collectionId, bool add, SiteSnapshot site)
    {
        if (found.Device is not { Deleting: false } device || device.DirectCollections.Contains(collectionId) == add)
        {
            return found.Device is { Deleting: true } ? null : found.Device;
        }

        if (add && device.Collections.Count >= Device.MaxCollections && !device.Collections.Contains(collectionId))
        {
            throw DomainError.Conflict("device.too-many-collections",
                $"Device {device.Id} is in {Device.MaxCollections} collections, which is as many as a device can be in.").ToException();
        }

        return Membership.Apply(device with
        {
            DirectCollections = add
                ? [.. device.DirectCollections.Append(collectionId).Order(StringComparer.Ordinal)]
                : [.. device.DirectCollections.Where(id => id != collectionId)],
        }, site);
    }
}
