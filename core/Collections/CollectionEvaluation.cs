using Atp.Core.Devices;
using Atp.Core.Site;
using Atp.Core.Storage;

namespace Atp.Core.Collections;

/// <summary>Queue <c>collection-evaluation</c>: the rules of a collection changed.</summary>
public sealed record EvaluateCollection(string CollectionId, int Generation) : Message;

/// <summary>Queue <c>collection-shards</c>: evaluate the devices of one shard.</summary>
/// <param name="CollectionId">The collection.</param>
/// <param name="Generation">The revision of its rules; a message of an older one does nothing.</param>
/// <param name="Shard">Two hex digits.</param>
public sealed record EvaluateShard(string CollectionId, int Generation, string Shard) : Message;

/// <summary>
/// The full evaluation: one pass per shard after a collection's rules changed, or after it was deleted. Any step may run twice,
/// late or stop half way: each device is brought to the membership that the rules give now, and a shard's counts are set once it
/// is done. The incremental evaluation, every few minutes, is part of the roll-up.
/// </summary>
public sealed class CollectionEvaluation(
    CollectionTable collections, CollectionShardTable shardRows, FleetTable fleet, FleetChanges changes, SiteSnapshots snapshots, ShardMap shards,
    MessageSender messages, TimeProvider clock)
{
    /// <summary>Devices that change together in one read-decide-write.</summary>
    private const int DevicesAtOnce = 100;

    /// <summary>One message per shard that isn't done yet.</summary>
    public async Task EvaluateAsync(EvaluateCollection message, CancellationToken ct)
    {
        if (await CurrentAsync(message.CollectionId, message.Generation, ct) is { } collection)
        {
            await SendMissingAsync(collection, ct);
        }
    }

    /// <summary>Brings every device of a shard to the membership that the rules give now, and counts the members.</summary>
    /// <exception cref="DomainException">Invalid: an unknown shard.</exception>
    public async Task EvaluateAsync(EvaluateShard message, CancellationToken ct)
    {
        shards.MustHave(message.Shard);
        if (await CurrentAsync(message.CollectionId, message.Generation, ct) is not { } collection)
        {
            return;
        }

        var site = await snapshots.ReadAsync(ct);
        var dependents = site.CollectionGraph.DependentsOf(collection.Id).ToDictionary(id => id, _ => 0);
        var members = 0;
        var changed = new List<FleetDevice>(DevicesAtOnce);
        await foreach (var found in fleet.DevicesAsync(message.Shard, ct))
        {
            if (found.Device is not { Deleting: false } device)
            {
                continue;
            }

            var after = Membership.Apply(device, site);
            members += after.Collections.Contains(collection.Id) ? 1 : 0;
            foreach (var dependent in after.Collections.Where(dependents.ContainsKey))
            {
                dependents[dependent]++;
            }

            if (after != device)
            {
                changed.Add(found);
                if (changed.Count == DevicesAtOnce)
                {
                    await changes.ApplyRulesAsync(message.Shard, changed, site, ct);
                    changed.Clear();
                }
            }
        }

        await changes.ApplyRulesAsync(message.Shard, changed, site, ct);
        var now = clock.GetUtcNow();
        foreach (var (dependent, count) in dependents)
        {
            await shardRows.PutMembersAsync(dependent, message.Shard, count, now, ct);
        }

        if (collection.Deleting)
        {
            await RemoveShardAsync(collection, message.Shard, ct);
        }
        else
        {
            await shardRows.PutAsync(collection.Id, message.Shard, message.Generation, members, now, ct);
        }
    }

    /// <summary>Counts a collection's members anew in shards where membership changed without a change of rules.</summary>
    public Task RecountAsync(string collectionId, IEnumerable<string> touchedShards, CancellationToken ct) =>
        Parallel.ForEachAsync(touchedShards, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = ct }, async (shard, token) =>
        {
            var members = await fleet.CountMembersAsync(shard, collectionId, token);
            await shardRows.PutMembersAsync(collectionId, shard, members, clock.GetUtcNow(), token);
        });

    /// <summary>Counts anew, in one shard, the collections of these that there are.</summary>
    public async Task RecountAsync(IEnumerable<string> collectionIds, string shard, SiteSnapshot site, CancellationToken ct)
    {
        foreach (var collectionId in collectionIds)
        {
            if (site.Collections.ContainsKey(collectionId))
            {
                await RecountAsync(collectionId, [shard], ct);
            }
        }
    }

    /// <summary>
    /// For the roll-up, which is the incremental evaluation: it brought every device to the membership that the rules give, and
    /// counted. Check-ins change membership without counting, and a crash can come before a count, so its counts replace older ones.
    /// </summary>
    /// <param name="members">Members by collection and shard; none where there are none.</param>
    /// <param name="asOf">The roll-up's clock, UTC.</param>
    /// <param name="site">The collections that there are.</param>
    /// <param name="ct">Cancels.</param>
    public Task RecordRollUpAsync(
        IReadOnlyDictionary<(string CollectionId, string Shard), int> members, DateTimeOffset asOf, SiteSnapshot site, CancellationToken ct)
    {
        var counted = site.Collections.Keys
            .Select(id => new RolledUpMembers(id, asOf, [.. shards.All.Select(shard => members.GetValueOrDefault((id, shard)))])).ToList();
        return Contention.RetryAsync(() => collections.PutMembersAsync(counted, asOf, ct), ct);
    }

    /// <summary>For the <c>Reconcile</c> timer: sends again the shards that should have been evaluated by now.</summary>
    public async Task ResendUnfinishedAsync(DateTimeOffset changedBefore, CancellationToken ct)
    {
        await foreach (var collection in collections.ListAsync(ct))
        {
            if (collection.RulesChangedAt < changedBefore)
            {
                await SendMissingAsync(collection, ct);
            }
        }
    }

    private async Task SendMissingAsync(Collection collection, CancellationToken ct)
    {
        var done = (await shardRows.ListAsync(collection.Id, ct))
            .Where(e => e.Generation == collection.RulesRevision).Select(e => e.Shard).ToHashSet();
        await messages.SendAllAsync(Queues.CollectionShards,
            shards.All.Where(shard => !done.Contains(shard))
                .Select(shard => new EvaluateShard(collection.Id, collection.RulesRevision, shard)), ct);
    }

    /// <summary>What the index still has of a deleted collection goes; with the last shard, the collection itself.</summary>
    private async Task RemoveShardAsync(Collection collection, string shard, CancellationToken ct)
    {
        await fleet.RemoveIndexAsync(shard, collection.Id, ct);
        await shardRows.PutAsync(collection.Id, shard, collection.RulesRevision, 0, clock.GetUtcNow(), ct);
        var done = (await shardRows.ListAsync(collection.Id, ct)).Count(e => e.Generation == collection.RulesRevision);
        if (done == shards.All.Count)
        {
            foreach (var each in shards.All)
            {
                await shardRows.RemoveAsync(collection.Id, each, ct);
            }

            await collections.RemoveAsync(collection.Id, ct);
        }
    }

    /// <returns>Null when the collection is gone or its rules have changed since.</returns>
    private async Task<Collection?> CurrentAsync(string collectionId, int generation, CancellationToken ct) =>
        await collections.FindAsync(collectionId, ct) is { Value: var collection } && collection.RulesRevision == generation
            ? collection
            : null;
}
