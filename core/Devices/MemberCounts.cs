using System.Collections.Concurrent;

namespace Atp.Core.Devices;

/// <summary>How many devices of each platform.</summary>
public sealed record PlatformCounts(int UpLevel, int DownLevel, int Unsupported);

/// <summary>A device shown as an example.</summary>
/// <param name="Name">Null when the device is gone meanwhile.</param>
public sealed record SampledDevice(string DeviceId, string? Name);

/// <summary>Members that have something in common: how many of each platform, and the first few by shard and id.</summary>
public sealed class MemberGroup
{
    public const int MaxSample = 5;

    private readonly int[] devices = new int[Enum.GetValues<Platform>().Length];
    private readonly List<(string Shard, string DeviceId)> first = new(MaxSample);

    public int Devices => devices.Sum();

    public PlatformCounts Platforms =>
        new(devices[(int)Platform.UpLevel], devices[(int)Platform.DownLevel], devices[(int)Platform.Unsupported]);

    public IEnumerable<string> Sample => first.Select(member => member.DeviceId);

    /// <summary>Called in the order of the ids of a shard.</summary>
    public void Add(Platform platform, string shard, string deviceId)
    {
        devices[(int)platform]++;
        if (first.Count < MaxSample)
        {
            first.Add((shard, deviceId));
        }
    }

    public static MemberGroup Sum(IEnumerable<MemberGroup> groups)
    {
        var sum = new MemberGroup();
        foreach (var group in groups)
        {
            for (var platform = 0; platform < sum.devices.Length; platform++)
            {
                sum.devices[platform] += group.devices[platform];
            }

            sum.first.AddRange(group.first);
        }

        sum.first.Sort((left, right) => string.CompareOrdinal(left.Shard, right.Shard) is not 0 and var byShard
            ? byShard
            : string.CompareOrdinal(left.DeviceId, right.DeviceId));
        sum.first.RemoveRange(Math.Min(MaxSample, sum.first.Count), Math.Max(0, sum.first.Count - MaxSample));
        return sum;
    }
}

/// <summary>Counts the members of collections by what they have in common: as large as there are groups, not devices.</summary>
public sealed class MemberCounts(FleetTable fleet, ShardMap shards)
{
    private const int ShardsAtOnce = 8;

    /// <summary>Streams the members of any of these collections, each once: a transaction per shard, collection and 1,000 members.</summary>
    /// <param name="collectionIds">The collections; one named twice is read once.</param>
    /// <param name="group">A member's group and platform; null when it doesn't count.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyDictionary<TGroup, MemberGroup>> CountAsync<TGroup>(
        IReadOnlyCollection<string> collectionIds, Func<MergedMember, (TGroup Group, Platform Platform)?> group, CancellationToken ct)
        where TGroup : notnull
    {
        var counted = new ConcurrentBag<Dictionary<TGroup, MemberGroup>>();
        await Parallel.ForEachAsync(shards.All, new ParallelOptions { MaxDegreeOfParallelism = ShardsAtOnce, CancellationToken = ct },
            async (shard, token) =>
            {
                var groups = new Dictionary<TGroup, MemberGroup>();
                await foreach (var member in fleet.MembersOfAnyAsync(shard, collectionIds, token))
                {
                    if (group(member) is not var (key, platform))
                    {
                        continue;
                    }

                    if (!groups.TryGetValue(key, out var found))
                    {
                        groups[key] = found = new MemberGroup();
                    }

                    found.Add(platform, shard, member.DeviceId);
                }

                counted.Add(groups);
            });
        return counted.SelectMany(groups => groups).GroupBy(g => g.Key, g => g.Value).ToDictionary(g => g.Key, MemberGroup.Sum);
    }

    /// <summary>The sample with its names: one read each.</summary>
    public async Task<IReadOnlyList<SampledDevice>> NamedAsync(MemberGroup group, CancellationToken ct) =>
        await Task.WhenAll(group.Sample.Select(async id => new SampledDevice(id, (await fleet.FindAsync(id, ct)).Device?.Inventory.Name)));
}
