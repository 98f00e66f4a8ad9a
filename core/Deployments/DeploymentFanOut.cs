using Atp.Core.Devices;
using Atp.Core.Errors;
using Atp.Core.Site;
using Atp.Core.Storage;

namespace Atp.Core.Deployments;

/// <summary>
/// Places a deployment's members, shard by shard. Any step may run twice, late or stop half way: placing is a merge of the same
/// columns, a shard's counts are set once it is done, and <see cref="ResendUnfinishedAsync"/> sends again what was lost.
/// </summary>
public sealed class DeploymentFanOut(
    DeploymentTable deployments, DeploymentShardTable shardRows, FleetTable fleet, SiteSnapshots snapshots, ShardMap shards,
    MessageSender messages, TimeProvider clock)
{
    /// <summary>One message per shard that isn't done yet.</summary>
    public async Task FanOutAsync(FanOutDeployment message, CancellationToken ct)
    {
        if (await InForceAsync(message.DeploymentId, message.Generation, ct) is not null)
        {
            await SendMissingAsync(message.DeploymentId, message.Generation, ct);
        }
    }

    /// <summary>Places the members of one shard in transactions of up to 100, then writes the shard's counts.</summary>
    /// <exception cref="DomainException">Not found: the deployment's policy is gone. Invalid: an unknown shard.</exception>
    public async Task DeployAsync(DeployShard message, CancellationToken ct)
    {
        shards.MustHave(message.Shard);
        if (await InForceAsync(message.DeploymentId, message.Generation, ct) is not { } deployment)
        {
            return;
        }

        var site = await SnapshotWithAsync(deployment, ct);
        var policy = site.Policies[deployment.PolicyId].Current;
        var now = clock.GetUtcNow();
        var placed = PlacedDevices.None;
        var page = new List<string>(TableBatch.MaxActions);
        await foreach (var member in fleet.MembersOfAnyAsync(message.Shard, deployment.CollectionIds.Concat(site.DefenderClientCollections), ct))
        {
            if (!member.CollectionIds.Any(deployment.CollectionIds.Contains))
            {
                continue;
            }

            var platform = PlatformRules.Classify(member.OperatingSystem, site.Settings.ConfigurationManagerVersion).Platform;
            var agent = site.AgentOf(member.OperatingSystem, member.CollectionIds);
            placed = placed.With(platform, ApplicabilityRule.Of(policy, platform, agent, now));
            page.Add(member.DeviceId);
            if (page.Count == TableBatch.MaxActions)
            {
                await fleet.PlaceAsync(message.Shard, deployment.Id, page, deployment.CreatedAt, ct);
                page.Clear();
            }
        }

        await fleet.PlaceAsync(message.Shard, deployment.Id, page, deployment.CreatedAt, ct);
        await shardRows.PutAsync(deployment.Id, message.Shard, deployment.Generation, placed, now, ct);
    }

    /// <summary>For the <c>Reconcile</c> timer: sends again the shards of live deployments that should have been done by now.</summary>
    public async Task ResendUnfinishedAsync(DateTimeOffset createdBefore, CancellationToken ct)
    {
        await foreach (var deployment in deployments.ListLiveAsync(ct))
        {
            if (deployment.CreatedAt < createdBefore)
            {
                await SendMissingAsync(deployment.Id, deployment.Generation, ct);
            }
        }
    }

    private async Task SendMissingAsync(string deploymentId, int generation, CancellationToken ct)
    {
        var done = await shardRows.DoneAsync(deploymentId, generation, ct);
        await messages.SendAllAsync(Queues.DeploymentShards,
            shards.All.Where(shard => !done.ContainsKey(shard)).Select(shard => new DeployShard(deploymentId, generation, shard)), ct);
    }

    /// <returns>Null when the deployment is gone, has ended, or has a newer generation.</returns>
    private async Task<Deployment?> InForceAsync(string deploymentId, int generation, CancellationToken ct) =>
        await deployments.FindAsync(deploymentId, ct) is { Value: { EndedAt: null } deployment } && deployment.Generation == generation
            ? deployment
            : null;

    /// <summary>A remembered snapshot may be older than the policy that this deployment is of.</summary>
    private async Task<SiteSnapshot> SnapshotWithAsync(Deployment deployment, CancellationToken ct)
    {
        var site = await snapshots.GetAsync(ct);
        if (!site.Policies.ContainsKey(deployment.PolicyId))
        {
            site = await snapshots.ReadAsync(ct);
        }

        return site.Policies.ContainsKey(deployment.PolicyId)
            ? site
            : throw DomainError.NotFound("policy.not-found", $"Policy {deployment.PolicyId} is gone.").ToException();
    }
}
