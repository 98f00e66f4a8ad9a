using Azure.Storage.Queues;

namespace Atp.Core.Storage;

/// <summary>About how many messages wait, those under way included, and how many were given up.</summary>
public sealed record QueueLength(string Name, int Length, int Poison);

/// <summary>How long the queues are: two requests for each.</summary>
public sealed class QueueLengths(StorageClients storage)
{
    public async Task<IReadOnlyList<QueueLength>> ReadAsync(CancellationToken ct) =>
        await Task.WhenAll(Queues.All.Select(async name => new QueueLength(
            name, await LengthAsync(storage.Queue(name), ct), await LengthAsync(storage.Queue(name + Queues.PoisonSuffix), ct))));

    private static async Task<int> LengthAsync(QueueClient queue, CancellationToken ct) =>
        (await queue.GetPropertiesAsync(ct)).Value.ApproximateMessagesCount;
}
