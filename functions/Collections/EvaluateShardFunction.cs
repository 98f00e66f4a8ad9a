using Atp.Core.Collections;
using Atp.Core.Storage;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Collections;

/// <summary>Brings every device of a shard to the membership that the rules give now.</summary>
public sealed class EvaluateShardFunction(CollectionEvaluation evaluation)
{
    [Function("EvaluateShard")]
    public Task RunAsync([QueueTrigger(Queues.CollectionShards)] EvaluateShard message, CancellationToken ct) =>
        evaluation.EvaluateAsync(message, ct);
}
