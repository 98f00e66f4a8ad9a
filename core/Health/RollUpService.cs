using Atp.Core.Audit;
using Atp.Core.Collections;
using Atp.Core.Deployments;
using Atp.Core.Devices;
using Atp.Core.Requests;
using Atp.Core.Site;
using Atp.Core.Storage;
using Atp.Core.Telemetry;
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
/// writes the aggregates. Since every device passes by, this is also the incremental evaluation of the collections: a device whose
/// membership lags behind the rules is brought up to date. Any step may run twice, late or stop half way.
/// </summary>
public sealed partial class RollUpService(
    RollUpTable rollUps, HealthTable health, FleetTable fleet, FleetChanges changes, CollectionEvaluation collections,
    SiteSnapshots snapshots, ShardMap shards, MessageSender messages, AuditTrail audit, IOptions<SiteOptions> options, AtpMetrics metrics,
    TimeProvider clock, ILogger<RollUpService> log)
{
    /// <summary>Devices that are brought up to date in one read-decide-write.</summary>
    private const int DevicesAtOnce = 100;

    private TimeSpan Period => TimeSpan.FromMinutes(options.Value.RollUpPeriodMinutes);

    /// <summary>Starts a run as of now. Runs may overlap: only newer figures replace older ones.</summary>
    public Task<RollUp> StartAsync(CancellationToken ct) => StartAsync(Now(), ct);

    /// <summary>Likewise, since it is due; says first how old the figures have become.</summary>
    public async Task StartDueAsync(CancellationToken ct)
    {
        var asOf = Now();
        if (await health.FindLatestAsync(ScopeFigures.Site, ct) is { } newest)
        {
            metrics.FiguresAre(asOf - newest.AsOf);
        }

        await StartAsync(asOf, ct);
    }

    /// <summary>Likewise, since an administrator asked for it.</summary>
    public Task<RollUp> StartAsync(Caller caller, CancellationToken ct)
    {
        var asOf = Now();
        return audit.ChangeAsync(caller, "rollup.start", RollUp.IdOf(asOf), async () => (await StartAsync(asOf, ct), "started"), ct);
    }

    private async Task<RollUp> StartAsync(DateTimeOffset asOf, CancellationToken ct)
    {
        var id = RollUp.IdOf(asOf);
        await rollUps.StartAsync(id, asOf, ct);
        await messages.SendAllAsync(Queues.HealthShards, shards.All.Select(shard => new RollUpShard(id, asOf, shard)), ct);
        return new RollUp(id, asOf, 0, null);
    }

    /// <summary>A run, or null when there is none of this id (they are kept for a day).</summary>
    public Task<RollUp?> FindAsync(string id, CancellationToken ct) => rollUps.FindAsync(id, ct);

    /// <summary>Whether a run that isn't complete is given up: it is older than two periods.</summary>
    public bool IsAbandoned(DateTimeOffset asOf) => clock.GetUtcNow() - asOf > 2 * Period;

    /// <summary>In whole milliseconds, so that a run's id says all of it.</summary>
    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());

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
        var tally = new ShardTally(site, message.Shard);
        var lagging = new List<FleetDevice>(DevicesAtOnce);
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
            else if (Membership.Apply(found.Device, site) != found.Device)
            {
                lagging.Add(found);
                if (lagging.Count == DevicesAtOnce)
                {
                    await CatchUpAsync(message, lagging, tally, site, ct);
                    lagging.Clear();
                }
            }
            else
            {
                if (found.Device.IsInUse)
                {
                    var decision = DeviceDecision.For(found.Device, found.Assignments, site, message.AsOf);
                    tally.Count(found.Device, decision);
                    await PlaceMissingAsync(message, found.Device, decision, ct);
                }

                if (found.Device.Leaving.Count > 0)
                {
                    await fleet.RemoveLeftIndexAsync(found.Id, ct);
                }
            }
        }

        await CatchUpAsync(message, lagging, tally, site, ct);
        await rollUps.AddShardAsync(message.RollUpId, message.Shard, tally.ToChunks(), ct);
        var (shardsDone, completedBy) = await rollUps.ProgressAsync(message.RollUpId, ct);
        if (shardsDone == shards.All.Count
            && (completedBy ?? (await rollUps.TryClaimCompletionAsync(message.RollUpId, message.Shard, ct) ? message.Shard : null)) == message.Shard)
        {
            await CompleteAsync(message, site, ct);
        }
    }

    /// <summary>
    /// Devices that an instance changed by rules that were not the last ones. Written by the rules as they are now, which may be
    /// newer than this roll-up's; counted as they were written.
    /// </summary>
    private async Task CatchUpAsync(RollUpShard message, List<FleetDevice> lagging, ShardTally tally, SiteSnapshot site, CancellationToken ct)
    {
        if (lagging.Count == 0)
        {
            return;
        }

        foreach (var (before, after) in await changes.ApplyRulesAsync(message.Shard, lagging, await snapshots.ReadAsync(ct), ct))
        {
            if (after is { IsInUse: true })
            {
                tally.Count(after, DeviceDecision.For(after, before.Assignments, site, message.AsOf));
            }
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
        await collections.RecordRollUpAsync(sum.Members, message.AsOf, site, ct);
        var completedAt = clock.GetUtcNow();
        await rollUps.CompleteAsync(message.RollUpId, completedAt, ct);
        metrics.RolledUp(completedAt - message.AsOf);
        Completed(message.RollUpId, sum.Scopes[ScopeFigures.Site].Devices, figures.Count);
    }

    private static string NameOf(string scope, SiteSnapshot site)
    {
        var key = FigureScopes.KeyOf(scope);
        return FigureScopes.KindOf(scope) switch
        {
            FigureScopes.Collection when site.Collections.TryGetValue(key, out var collection) => collection.Name,
            FigureScopes.Deployment when site.Deployments.FirstOrDefault(d => d.Id == key) is { } deployment =>
                site.Policies[deployment.PolicyId].Current.Name,
            _ => key,
        };
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Roll-up {RollUpId} is older than two periods; shard {Shard} is not counted any more")]
    private partial void Abandoned(string rollUpId, string shard);

    [LoggerMessage(Level = LogLevel.Information, Message = "Roll-up {RollUpId} complete: {Devices} devices in {Scopes} scopes")]
    private partial void Completed(string rollUpId, int devices, int scopes);
}
