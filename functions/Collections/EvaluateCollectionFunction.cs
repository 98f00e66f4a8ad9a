using Atp.Core.Collections;
using Atp.Core.Storage;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Collections;

/// <summary>Sends one message per shard when a collection's rules changed.</summary>
public sealed class EvaluateCollectionFunction(CollectionEvaluation evaluation)
{
    [Function("EvaluateCollection")]
    public Task RunAsync([QueueTrigger(Queues.CollectionEvaluation)] EvaluateCollection message, CancellationToken ct) =>
        evaluation.EvaluateAsync(message, ct);
}
