using Atp.Core.Deployments;
using Atp.Core.Storage;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Deployments;

/// <summary>Places the members of one shard.</summary>
public sealed class DeployShardFunction(DeploymentFanOut fanOut)
{
    [Function("DeployShard")]
    public Task RunAsync([QueueTrigger(Queues.DeploymentShards)] DeployShard message, CancellationToken ct) =>
        fanOut.DeployAsync(message, ct);
}
