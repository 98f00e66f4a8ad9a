using System.Runtime.CompilerServices;

namespace Atp.Core.Devices;

/// <summary>A member of at least one of several collections.</summary>
/// <param name="CollectionIds">Those of the collections that were asked for that it is in.</param>
public sealed record MergedMember(string DeviceId, OperatingSystemFacts OperatingSystem, string? OnboardedTo, IReadOnlyList<string> CollectionIds);

/// <summary>Reads several collections' members as one sequence.</summary>
public static class MergedMembers
{
    /// <summary>
    /// The members of any of these collections in one shard, in order of their ids, each once. The index ranges lie in the same
    /// order, so they are merged as they stream: a transaction per 1,000 rows of each, and nothing is held in memory.
    /// </summary>
    public static async IAsyncEnumerable<MergedMember> MembersOfAnyAsync(
        this FleetTable fleet, string shard, IEnumerable<string> collectionIds, [EnumeratorCancellation] CancellationToken ct)
    {
        var ranges = new PriorityQueue<Range, string>(StringComparer.Ordinal);
        try
        {
            foreach (var collectionId in collectionIds.Distinct())
            {
                await AdvanceAsync(ranges, new Range(collectionId, fleet.MembersAsync(shard, collectionId, null, ct).GetAsyncEnumerator(ct)));
            }

            while (ranges.TryPeek(out var first, out _))
            {
                var member = first.Members.Current;
                var found = new List<string>(1);
                while (ranges.TryPeek(out var range, out var deviceId) && deviceId == member.DeviceId)
                {
                    found.Add(range.CollectionId);
                    await AdvanceAsync(ranges, ranges.Dequeue());
                }

                yield return new MergedMember(member.DeviceId, member.OperatingSystem, member.OnboardedTo, found);
            }
        }
        finally
        {
            while (ranges.TryDequeue(out var range, out _))
            {
                await range.Members.DisposeAsync();
            }
        }
    }

    private static async Task AdvanceAsync(PriorityQueue<Range, string> ranges, Range range)
    {
        if (await range.Members.MoveNextAsync())
        {
            ranges.Enqueue(range, range.Members.Current.DeviceId);
        }
        else
        {
            await range.Members.DisposeAsync();
        }
    }

    private sealed record Range(string CollectionId, IAsyncEnumerator<CollectionMember> Members);
}
