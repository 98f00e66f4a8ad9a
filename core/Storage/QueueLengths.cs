using Atp.Core.Telemetry;
using Azure.Storage.Queues;

namespace Atp.Core.Storage;

/// <summary>About how many messages wait, those under way included, and how many were given up.</summary>
public sealed record QueueLength(string Name, int Length, int Poison);

/// <summary>How long the queues are.</summary>
public sealed class QueueLengths(StorageClients storage, AtpMetrics metrics)
{
    /// <summary>Two requests a queue.</summary>
    public async Task<IReadOnlyList<QueueLength>> ReadAsync(CancellationToken ct) =>
        await Task.WhenAll(Queues.All.Select(async name => new QueueLength(
            name, await LengthAsync(storage.Queue(name), ct), await LengthAsync(storage.Queue(name + Queues.PoisonSuffix), ct))));

    /// <summary>As a metric, one of each poison queue.</summary>
    public Task PublishPoisonAsync(CancellationToken ct) => Task.WhenAll(Queues.All.Select(async name =>
        metrics.PoisonMessages(name, await LengthAsync(storage.Queue(name + Queues.PoisonSuffix), ct))));

    private static async Task<int> LengthAsync(QueueClient queue, CancellationToken ct) =>
        (await queue.GetPropertiesAsync(ct)).Value.ApproximateMessagesCount;
}
