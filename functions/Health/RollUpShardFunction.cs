using Atp.Core.Health;
using Atp.Core.Storage;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Health;

/// <summary>Counts one shard; the last one of a roll-up writes the aggregates.</summary>
public sealed class RollUpShardFunction(RollUpService rollUps)
{
    [Function("RollUpShard")]
    public Task RunAsync([QueueTrigger(Queues.HealthShards)] RollUpShard message, CancellationToken ct) =>
        rollUps.CountShardAsync(message, ct);
}
