using Atp.Core.Collections;
using Atp.Core.Deployments;
using Atp.Core.Policies;
using Microsoft.Extensions.Options;

namespace Atp.Core.Site;

/// <summary>
/// Reads policies, live deployments, collection rules and the generation of the enrollment key together, and remembers them for
/// 30 seconds at most, so that a check-in costs one transaction. A change by this instance shows at once; one by another within that time.
/// </summary>
/// <remarks>The one reader of the features' tables that is not the feature itself: their services depend on it.</remarks>
public sealed class SiteSnapshots(
    SiteSettings settings, SiteTable siteTable, PolicyTable policies, DeploymentTable deployments, CollectionTable collections,
    IOptions<SiteOptions> options, TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim reading = new(1);
    private volatile Remembered? remembered;

    /// <summary>At most 30 seconds old.</summary>
    public ValueTask<SiteSnapshot> GetAsync(CancellationToken ct) => GetAsync(DateTimeOffset.UnixEpoch, ct);

    /// <summary>At most 30 seconds old, and read at this moment or later: the same for everybody who works on one roll-up.</summary>
    public async ValueTask<SiteSnapshot> GetAsync(DateTimeOffset readSince, CancellationToken ct)
    {
        if (Current(readSince) is { } fresh)
        {
            return fresh;
        }

        await reading.WaitAsync(ct);
        try
        {
            return Current(readSince) ?? await ReadAsync(ct);
        }
        finally
        {
            reading.Release();
        }
    }

    /// <summary>As the tables are now.</summary>
    public async Task<SiteSnapshot> ReadAsync(CancellationToken ct)
    {
        var (readAt, timestamp) = (clock.GetUtcNow(), clock.GetTimestamp());
        var before = remembered;
        var livePolicies = ListAsync(policies.ListAsync(ct), ct);
        var liveDeployments = ListAsync(deployments.ListLiveAsync(ct), ct);
        var allCollections = ListAsync(collections.ListAsync(ct), ct);
        var enrollmentKeys = siteTable.FindEnrollmentKeysAsync(ct);
        var snapshot = new SiteSnapshot(
            settings, await livePolicies, await liveDeployments, await allCollections, (await enrollmentKeys)?.Value.Generation ?? 0);
        // If somebody invalidated meanwhile, this read may be older than the change: use it, don't keep it.
        Interlocked.CompareExchange(ref remembered, new Remembered(snapshot, readAt, timestamp), before);
        return snapshot;
    }

    /// <summary>Called after every change to what is read here.</summary>
    public void Invalidate() => remembered = new Remembered(null, default, 0);

    public void Dispose() => reading.Dispose();

    private static async Task<List<T>> ListAsync<T>(IAsyncEnumerable<T> items, CancellationToken ct)
    {
        var list = new List<T>();
        await foreach (var item in items.WithCancellation(ct))
        {
            list.Add(item);
        }

        return list;
    }

    private SiteSnapshot? Current(DateTimeOffset readSince) => remembered is { Snapshot: { } snapshot } current
        && current.ReadAt >= readSince
        && clock.GetElapsedTime(current.Timestamp) < TimeSpan.FromSeconds(options.Value.SnapshotSeconds)
            ? snapshot
            : null;

    private sealed record Remembered(SiteSnapshot? Snapshot, DateTimeOffset ReadAt, long Timestamp);
}
