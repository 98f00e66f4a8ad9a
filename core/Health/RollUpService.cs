using Atp.Core.Collections;
using Atp.Core.Deployments;
using Atp.Core.Devices;
using Atp.Core.Site;
using Atp.Core.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Atp.Core.Health;

/// <summary>Queue <c>health-shards</c>: count one shard.</summary>
/// <param name="RollUpId">The run.</param>
/// <param name="AsOf">The run's only clock, UTC.</param>
/// <param name="Shard">Two hex digits.</param>
public sealed record RollUpShard(string RollUpId, DateTimeOffset AsOf, string Shard) : Message;

/// <summary>
/// Counts the fleet: every shard streams its partition once and inserts its partial counts; the one that completes the set
/// writes the aggregates. Any step may run twice, late or stop half way.
/// </summary>
public sealed partial class RollUpService(
    RollUpTable rollUps, HealthTable health, FleetTable fleet, CollectionEvaluation evaluation, SiteSnapshots snapshots, ShardMap shards,
    MessageSender messages, IOptions<SiteOptions> options, TimeProvider clock, ILogger<RollUpService> log)
{
    private TimeSpan Period => TimeSpan.FromMinutes(options.Value.RollUpPeriodMinutes);

    /// <summary>Starts a run as of now. Runs may overlap: only newer figures replace older ones.</summary>
    public async Task<RollUp> StartAsync(CancellationToken ct)
    {
        // Whole milliseconds, so that the id says all of it.
        var asOf = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
        var id = RollUp.IdOf(asOf);
        await rollUps.StartAsync(id, asOf, ct);
        await messages.SendAllAsync(Queues.HealthShards, shards.All.Select(shard => new RollUpShard(id, asOf, shard)), ct);
        return new RollUp(id, asOf, 0, null);
    }

    /// <summary>A run, or null when there is none of this id (they are kept for a day).</summary>
    public Task<RollUp?> FindAsync(string id, CancellationToken ct) => rollUps.FindAsync(id, ct);

    /// <summary>Whether a run that isn't complete is given up: it is older than two periods.</summary>
    public bool IsAbandoned(DateTimeOffset asOf) => clock.GetUtcNow() - asOf > 2 * Period;

    /// <summary>Counts one shard, mends what races left in it, and completes the run if this was the last.</summary>
    /// <exception cref="DomainException">Invalid: an unknown shard.</exception>
    public async Task CountShardAsync(RollUpShard message, CancellationToken ct)
    {
        shards.MustHave(message.Shard);
        if (IsAbandoned(message.AsOf))
        {
            Abandoned(message.RollUpId, message.Shard);
            return;
        }

        var site = await snapshots.GetAsync(message.AsOf, ct);
        var tally = new ShardTally(site);
        var astray = new List<FleetDevice>(CollectionEvaluation.DevicesAtOnce);
        await foreach (var found in fleet.DevicesAsync(message.Shard, ct))
        {
            if (found.Device is null)
            {
                await fleet.RemoveOrphanedAssignmentsAsync(found, ct);
            }
            else if (found.Device.Deleting)
            {
                await fleet.RemoveAsync(found, ct);
            }
            else
            {
                // By the rules as they are: an instance may have written it by those that it remembered.
                var device = Membership.Apply(found.Device, site);
                var decision = DeviceDecision.For(device, found.Assignments, site, message.AsOf);
                tally.Count(device, decision);
                await PlaceMissingAsync(message, device, decision, ct);
                if (device.Leaving.Count > 0)
                {
                    await fleet.RemoveLeftIndexAsync(found.Id, ct);
                }

                if (device != found.Device)
                {
                    astray.Add(found);
                    if (astray.Count == CollectionEvaluation.DevicesAtOnce)
                    {
                        await evaluation.EvaluateAsync(message.Shard, astray, ct);
                        astray.Clear();
                    }
                }
            }
        }

        await evaluation.EvaluateAsync(message.Shard, astray, ct);
        await rollUps.AddShardAsync(message.RollUpId, message.Shard, tally.ToChunks(), ct);
        var (shardsDone, completedBy) = await rollUps.ProgressAsync(message.RollUpId, ct);
        if (shardsDone == shards.All.Count
            && (completedBy ?? (await rollUps.TryClaimCompletionAsync(message.RollUpId, message.Shard, ct) ? message.Shard : null)) == message.Shard)
        {
            await CompleteAsync(message, site, ct);
        }
    }

    /// <summary>A member that joined while an instance didn't know the deployment yet: rare, so one write each.</summary>
    private async Task PlaceMissingAsync(RollUpShard message, Device device, DeviceDecision decision, CancellationToken ct)
    {
        foreach (var target in decision.Targets.Where(t => t.Assignment?.PlacedAt is null))
        {
            await fleet.PlaceAsync(message.Shard, target.Deployment.Id, [device.Id], message.AsOf, ct);
        }
    }

    private async Task CompleteAsync(RollUpShard message, SiteSnapshot site, CancellationToken ct)
    {
        var sum = await rollUps.SumAsync(message.RollUpId, ct);
        var figures = sum.Scopes.Select(s => new ScopeFigures(s.Key, NameOf(s.Key, site), message.AsOf, s.Value)).ToList();
        var deployments = sum.Deployments.Where(d => site.Deployments.Any(live => live.Id == d.Key)).Select(d =>
        {
            var policy = site.Policies[site.Deployments.First(live => live.Id == d.Key).PolicyId];
            return new DeploymentFigures(d.Key, policy.Id, policy.Current.Name, message.AsOf, d.Value);
        }).ToList();
        await Contention.RetryAsync(() => health.PutLatestAsync(figures, message.AsOf, ct), ct);
        await Contention.RetryAsync(() => health.PutDeploymentsAsync(deployments, message.AsOf, ct), ct);
        await health.PutHistoryAsync(ct);
        await rollUps.CompleteAsync(message.RollUpId, clock.GetUtcNow(), ct);
        Completed(message.RollUpId, sum.Scopes[ScopeFigures.Site].Devices, figures.Count);
    }

    private static string NameOf(string scope, SiteSnapshot site)
    {
        var separator = scope.IndexOf(RowKeys.Separator, StringComparison.Ordinal);
        if (separator < 0)
        {
            return scope;
        }

        var key = scope[(separator + 1)..];
        return site.Collections.TryGetValue(key, out var collection) ? collection.Name : key;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Roll-up {RollUpId} is older than two periods; shard {Shard} is not counted any more")]
    private partial void Abandoned(string rollUpId, string shard);

    [LoggerMessage(Level = LogLevel.Information, Message = "Roll-up {RollUpId} complete: {Devices} devices in {Scopes} scopes")]
    private partial void Completed(string rollUpId, int devices, int scopes);
}
