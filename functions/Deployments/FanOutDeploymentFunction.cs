using Atp.Core.Deployments;
using Atp.Core.Errors;
using Atp.Core.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace Atp.Functions.Deployments;

/// <summary>Sends one message per shard of a deployment.</summary>
public sealed partial class FanOutDeploymentFunction(DeploymentFanOut fanOut, ILogger<FanOutDeploymentFunction> log)
{
    [Function("FanOutDeployment")]
    public async Task RunAsync([QueueTrigger(Queues.DeploymentFanOut)] FanOutDeployment message, CancellationToken ct)
    {
        try
        {
            await fanOut.FanOutAsync(message, ct);
        }
        catch (DomainException e) when (e.Error.Kind is ErrorKind.Invalid or ErrorKind.NotFound)
        {
            Dropped(message.DeploymentId, e.Error.Code); // a retry can't help; everything else escapes, so that the host delivers it again
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "FanOutDeployment of {Id} dropped: {Code}")]
    private partial void Dropped(string id, string code);
}
