using Atp.Core.Deployments;
using Atp.Core.Errors;
using Atp.Core.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace Atp.Functions.Deployments;

/// <summary>Places the members of one shard.</summary>
public sealed partial class DeployShardFunction(DeploymentFanOut fanOut, ILogger<DeployShardFunction> log)
{
    [Function("DeployShard")]
    public async Task RunAsync([QueueTrigger(Queues.DeploymentShards)] DeployShard message, CancellationToken ct)
    {
        try
        {
            await fanOut.DeployAsync(message, ct);
        }
        catch (DomainException e) when (e.Error.Kind is ErrorKind.Invalid or ErrorKind.NotFound)
        {
            Dropped(message.DeploymentId, e.Error.Code); // a retry can't help; everything else escapes, so that the host delivers it again
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "DeployShard of {Id} dropped: {Code}")]
    private partial void Dropped(string id, string code);
}
