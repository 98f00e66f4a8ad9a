using System.Text.Json;
using Atp.Core.Deployments;
using Atp.Core.Devices;
using Atp.Core.Site;
using Atp.Core.Storage;

namespace Atp.Core.Health;

/// <summary>What one shard counts while its devices stream by: as large as there are scopes and deployments, not devices.</summary>
public sealed class ShardTally
{
    /// <summary>Collections with live deployments that get figures of their own.</summary>
    public const int MaxCollectionScopes = 500;

    private const int EntriesPerChunk = 150; // keeps a chunk's text well below the 32K characters that a column holds

    private readonly Dictionary<string, HealthFigures> scopes = [];
    private readonly Dictionary<string, StatusCounts> deployments = [];
    private readonly Dictionary<(string CollectionId, string Shard), int> members = [];
    private readonly HashSet<string> collectionScopes;
    private readonly string shard;

    public ShardTally(SiteSnapshot site, string shard)
    {
        this.shard = shard;
        collectionScopes = [.. site.Deployments.SelectMany(d => d.CollectionIds).Where(site.Collections.ContainsKey)
            .Distinct().Order(StringComparer.Ordinal).Take(MaxCollectionScopes)];
        // A scope or deployment without a device is a figure too: zero.
        scopes[ScopeFigures.Site] = HealthFigures.None;
        foreach (var collectionId in collectionScopes)
        {
            scopes[$"collection!{collectionId}"] = HealthFigures.None;
        }

        foreach (var deployment in site.Deployments)
        {
            deployments[deployment.Id] = StatusCounts.None;
        }
    }

    private ShardTally() => (collectionScopes, shard) = ([], "");

    public static ShardTally Empty => new();

    public IReadOnlyDictionary<string, HealthFigures> Scopes => scopes;

    public IReadOnlyDictionary<string, StatusCounts> Deployments => deployments;

    /// <summary>How many members a collection has in a shard; none where there are none.</summary>
    public IReadOnlyDictionary<(string CollectionId, string Shard), int> Members => members;

    public void Count(Device device, DeviceDecision decision)
    {
        var one = HealthFigures.Of(decision);
        Add(scopes, ScopeFigures.Site, one, HealthFigures.Add);
        Add(scopes, $"platform!{decision.OperatingSystem.Platform}", one, HealthFigures.Add);
        Add(scopes, $"os!{decision.OperatingSystem.Name}", one, HealthFigures.Add);
        foreach (var collectionId in device.Collections.Where(collectionScopes.Contains))
        {
            Add(scopes, $"collection!{collectionId}", one, HealthFigures.Add);
        }

        foreach (var collectionId in device.Collections)
        {
            members[(collectionId, shard)] = members.GetValueOrDefault((collectionId, shard)) + 1;
        }

        foreach (var target in decision.Targets)
        {
            Add(deployments, target.Deployment.Id, StatusCounts.Of(target.Status), StatusCounts.Add);
        }
    }

    /// <summary>The tally as texts that each fit one column.</summary>
    public IReadOnlyList<string> ToChunks()
    {
        var entries = scopes.Select(s => new Entry(s.Key, null, s.Value))
            .Concat(deployments.Select(d => new Entry(d.Key, d.Value, null)))
            .Concat(members.Select(m => new Entry(m.Key.CollectionId, null, null) { Shard = m.Key.Shard, Members = m.Value }));
        return [.. entries.Chunk(EntriesPerChunk).Select(chunk => JsonSerializer.Serialize(chunk, MessageSender.Json))];
    }

    public void AddChunk(string chunk)
    {
        foreach (var entry in JsonSerializer.Deserialize<Entry[]>(chunk, MessageSender.Json)!)
        {
            if (entry.Health is { } health)
            {
                Add(scopes, entry.Key, health, HealthFigures.Add);
            }

            if (entry.Statuses is { } statuses)
            {
                Add(deployments, entry.Key, statuses, StatusCounts.Add);
            }

            if (entry.Members is { } count)
            {
                members[(entry.Key, entry.Shard!)] = count;
            }
        }
    }

    private static void Add<T>(Dictionary<string, T> counts, string key, T one, Func<T, T, T> add) =>
        counts[key] = counts.TryGetValue(key, out var before) ? add(before, one) : one;

    private sealed record Entry(string Key, StatusCounts? Statuses, HealthFigures? Health)
    {
        public string? Shard { get; init; }

        public int? Members { get; init; }
    }
}
