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
/// One pass per shard after a collection's rules changed, or after it was deleted. Any step may run twice, late or stop half way:
/// each device is brought to the membership that the rules give now, and a shard's count is set once it is done.
/// </summary>
public sealed class CollectionEvaluation(
    CollectionTable collections, CollectionShardTable shardRows, FleetTable fleet, FleetChanges changes, SiteSnapshots snapshots, ShardMap shards,
    MessageSender messages, TimeProvider clock)
{
    /// <summary>Devices that change together in one read-decide-write.</summary>
    public const int DevicesAtOnce = 100;

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
        var members = 0;
        var changed = new List<FleetDevice>(DevicesAtOnce);
        Task WriteAsync() => changes.ApplyAsync(message.Shard, changed, site,
            found => found.Device is { Deleting: false } device ? Membership.Apply(device, site) : null, ct);
        await foreach (var found in fleet.DevicesAsync(message.Shard, ct))
        {
            if (found.Device is not { Deleting: false } device)
            {
                continue;
            }

            var after = Membership.Apply(device, site);
            members += after.Collections.Contains(collection.Id) ? 1 : 0;
            if (after != device)
            {
                changed.Add(found);
                if (changed.Count == DevicesAtOnce)
                {
                    await WriteAsync();
                    changed.Clear();
                }
            }
        }

        await WriteAsync();
        if (collection.Deleting)
        {
            await RemoveShardAsync(collection, message.Shard, ct);
        }
        else
        {
            await shardRows.PutAsync(collection.Id, new ShardEvaluation(message.Shard, message.Generation, members, clock.GetUtcNow()), ct);
        }
    }

    /// <summary>
    /// For the roll-up: brings a few devices of one shard to the membership that the rules give now, where an instance that
    /// remembered older rules wrote them after the evaluation had passed by, and counts again.
    /// </summary>
    public async Task EvaluateAsync(string shard, IReadOnlyList<FleetDevice> devices, CancellationToken ct)
    {
        if (devices.Count == 0)
        {
            return;
        }

        // Read after the devices were, so that the rules are no older than those that they were written by.
        var site = await snapshots.ReadAsync(ct);
        var outcome = await changes.ApplyAsync(shard, devices, site,
            found => found.Device is { Deleting: false } device ? Membership.Apply(device, site) : null, ct);
        var touched = outcome.Where(change => change.After is not null)
            .SelectMany(change => change.Before.Device!.Collections.Union(change.After!.Collections)).Distinct();
        foreach (var collection in touched.Select(id => site.Collections.GetValueOrDefault(id)).OfType<Collection>())
        {
            await RecountAsync(collection, [shard], ct);
        }
    }

    /// <summary>Counts a collection's members anew in shards where membership changed without a change of rules.</summary>
    public Task RecountAsync(Collection collection, IEnumerable<string> touchedShards, CancellationToken ct) =>
        Parallel.ForEachAsync(touchedShards, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = ct }, async (shard, token) =>
        {
            var members = await fleet.CountMembersAsync(shard, collection.Id, token);
            await shardRows.PutMembersAsync(collection.Id, shard, members, clock.GetUtcNow(), token);
        });

    /// <summary>For the <c>Reconcile</c> timer: check-ins change membership without counting, and a crash can come before a count.</summary>
    public async Task RecountAllAsync(CancellationToken ct)
    {
        await foreach (var collection in collections.ListAsync(ct))
        {
            if (!collection.Deleting)
            {
                await RecountAsync(collection, shards.All, ct);
            }
        }
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
        await shardRows.PutAsync(collection.Id, new ShardEvaluation(shard, collection.RulesRevision, 0, clock.GetUtcNow()), ct);
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
