using Atp.Core.Collections;
using Atp.Core.Errors;
using Atp.Core.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace Atp.Functions.Collections;

/// <summary>Brings every device of a shard to the membership that the rules give now.</summary>
public sealed partial class EvaluateShardFunction(CollectionEvaluation evaluation, ILogger<EvaluateShardFunction> log)
{
    [Function("EvaluateShard")]
    public async Task RunAsync([QueueTrigger(Queues.CollectionShards)] EvaluateShard message, CancellationToken ct)
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "EvaluateShard of {Id} dropped: {Code}")]
    private partial void Dropped(string id, string code);
}
