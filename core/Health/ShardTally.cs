using System.Text.Json;
using System.Text.Json.Serialization;
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

    /// <summary>Live deployments that do; the statuses of all of them are counted.</summary>
    public const int MaxDeploymentScopes = 500;

    /// <summary>
    /// Organisations that do: the first in order of their ids, so that shards that each have seen other ones still agree. The
    /// devices of the rest are counted together.
    /// </summary>
    public const int MaxOrganisationScopes = 100;

    private const int EntriesPerChunk = 100; // keeps a chunk's text below the 32K characters that a column holds

    private static readonly JsonSerializerOptions ChunkJson = new(MessageSender.Json)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, // most figures of most scopes are zero
        IgnoreReadOnlyProperties = true, // sums of the others
    };

    private readonly Dictionary<string, HealthFigures> scopes = [];
    private readonly Dictionary<string, StatusCounts> deployments = [];
    private readonly HashSet<string> fixedScopes;
    private readonly SortedSet<string> organisations = new(StringComparer.Ordinal);
    private readonly Dictionary<(string CollectionId, string Shard), int> members = [];
    private readonly string shard;

    public ShardTally(SiteSnapshot site, string shard)
    {
        this.shard = shard;
        fixedScopes =
        [
            .. site.Deployments.SelectMany(d => d.CollectionIds).Where(site.Collections.ContainsKey)
                .Distinct().Order(StringComparer.Ordinal).Take(MaxCollectionScopes).Select(id => $"{FigureScopes.Collection}!{id}"),
            .. site.Deployments.Select(d => d.Id)
                .Order(StringComparer.Ordinal).Take(MaxDeploymentScopes).Select(id => $"{FigureScopes.Deployment}!{id}"),
        ];
        // A scope or deployment without a device is a figure too: zero.
        foreach (var scope in fixedScopes.Append(ScopeFigures.Site))
        {
            scopes[scope] = HealthFigures.None;
        }

        foreach (var deployment in site.Deployments)
        {
            deployments[deployment.Id] = StatusCounts.None;
        }
    }

    private ShardTally() => (fixedScopes, shard) = ([], "");

    public static ShardTally Empty => new();

    public IReadOnlyDictionary<string, HealthFigures> Scopes => scopes;

    public IReadOnlyDictionary<string, StatusCounts> Deployments => deployments;

    /// <summary>How many members a collection has in a shard; none where there are none.</summary>
    public IReadOnlyDictionary<(string CollectionId, string Shard), int> Members => members;

    public void Count(Device device, DeviceDecision decision)
    {
        foreach (var scope in FigureScopes.Of(device, decision).Where(HasFigures))
        {
            AddFigures(scope, HealthFigures.Of(FigureScopes.Within(scope, decision)));
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
        return [.. entries.Chunk(EntriesPerChunk).Select(chunk => JsonSerializer.Serialize(chunk, ChunkJson))];
    }

    public void AddChunk(string chunk)
    {
        foreach (var entry in JsonSerializer.Deserialize<Entry[]>(chunk, ChunkJson)!)
        {
            if (entry.Health is { } health)
            {
                AddFigures(entry.Key, health);
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

    private bool HasFigures(string scope) =>
        fixedScopes.Contains(scope) || !(FigureScopes.IsOf(FigureScopes.Collection, scope) || FigureScopes.IsOf(FigureScopes.Deployment, scope));

    /// <summary>
    /// An organisation that is one too many is folded into the others. One that stays to the end was never folded, in whichever
    /// order they came, since there were always fewer than the limit before it.
    /// </summary>
    private void AddFigures(string scope, HealthFigures figures)
    {
        Add(scopes, scope, figures, HealthFigures.Add);
        if (FigureScopes.IsOf(FigureScopes.Organisation, scope) && scope != FigureScopes.OtherOrganisations
            && organisations.Add(scope) && organisations.Count > MaxOrganisationScopes)
        {
            var last = organisations.Max!;
            organisations.Remove(last);
            scopes.Remove(last, out var folded);
            Add(scopes, FigureScopes.OtherOrganisations, folded!, HealthFigures.Add);
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
