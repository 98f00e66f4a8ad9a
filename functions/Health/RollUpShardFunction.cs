using Atp.Core.Errors;
using Atp.Core.Health;
using Atp.Core.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace Atp.Functions.Health;

/// <summary>Counts one shard; the last one of a roll-up writes the aggregates.</summary>
public sealed partial class RollUpShardFunction(RollUpService rollUps, ILogger<RollUpShardFunction> log)
{
    [Function("RollUpShard")]
    public async Task RunAsync([QueueTrigger(Queues.HealthShards)] RollUpShard message, CancellationToken ct)
    {
        try
        {
            await rollUps.CountShardAsync(message, ct);
        }
        catch (DomainException e) when (e.Error.Kind is ErrorKind.Invalid or ErrorKind.NotFound)
        {
            Dropped(message.RollUpId, e.Error.Code); // a retry can't help; everything else escapes, so that the host delivers it again
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "RollUpShard of {Id} dropped: {Code}")]
    private partial void Dropped(string id, string code);
}
