using Atp.Core.Collections;
using Atp.Core.Errors;
using Atp.Core.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace Atp.Functions.Collections;

/// <summary>Sends one message per shard when a collection's rules changed.</summary>
public sealed partial class EvaluateCollectionFunction(CollectionEvaluation evaluation, ILogger<EvaluateCollectionFunction> log)
{
    [Function("EvaluateCollection")]
    public async Task RunAsync([QueueTrigger(Queues.CollectionEvaluation)] EvaluateCollection message, CancellationToken ct)
    {
        try
        {
            await evaluation.EvaluateAsync(message, ct);
        }
        catch (DomainException e) when (e.Error.Kind is ErrorKind.Invalid or ErrorKind.NotFound)
        {
            Dropped(message.CollectionId, e.Error.Code); // a retry can't help; everything else escapes, so that the host delivers it again
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "EvaluateCollection of {Id} dropped: {Code}")]
    private partial void Dropped(string id, string code);
}
