using Atp.Core.Telemetry;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;

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

    /// <summary>A queue that somebody deleted, to be rid of what was in it, is empty; the host makes a poison queue when it needs one.</summary>
    private static async Task<int> LengthAsync(QueueClient queue, CancellationToken ct)
    {
        try
        {
            return (await queue.GetPropertiesAsync(ct)).Value.ApproximateMessagesCount;
        }
        catch (RequestFailedException e) when (e.ErrorCode == QueueErrorCode.QueueNotFound)
        {
            return 0;
        }
    }
}
