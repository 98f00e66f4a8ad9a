using Atp.Core.Storage;

namespace Atp.Core.Deployments;

/// <summary>Queue <c>deployment-fanout</c>: a deployment wants its fleet told.</summary>
public sealed record FanOutDeployment(string DeploymentId, int Generation) : Message;

/// <summary>Queue <c>deployment-shards</c>: one shard of it.</summary>
/// <param name="DeploymentId">The deployment.</param>
/// <param name="Generation">A message of an older generation does nothing.</param>
/// <param name="Shard">Two hex digits.</param>
public sealed record DeployShard(string DeploymentId, int Generation, string Shard) : Message;
