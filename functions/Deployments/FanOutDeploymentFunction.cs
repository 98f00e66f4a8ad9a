using Atp.Core.Deployments;
using Atp.Core.Storage;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Deployments;

/// <summary>Sends one message per shard of a deployment.</summary>
public sealed class FanOutDeploymentFunction(DeploymentFanOut fanOut)
{
    [Function("FanOutDeployment")]
    public Task RunAsync([QueueTrigger(Queues.DeploymentFanOut)] FanOutDeployment message, CancellationToken ct) =>
        fanOut.FanOutAsync(message, ct);
}
