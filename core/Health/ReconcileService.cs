using Atp.Core.Audit;
using Atp.Core.Collections;
using Atp.Core.Deployments;
using Atp.Core.Policies;
using Atp.Core.Site;
using Atp.Core.Storage;
using Microsoft.Extensions.Options;

namespace Atp.Core.Health;

/// <summary>
/// Finishes what crashes left unfinished: messages that were never sent, deletes that stopped half way, files and secrets that no
/// policy names; ends deployments whose offboarding file has expired; looks once a day whether files and keys are what policies
/// name; and prunes what is past its time. It begins with the lengths of the poison queues, for the alert on them. Safe to run at any
/// moment and twice.
/// </summary>
public sealed class ReconcileService(
    PolicyMaterial material, PolicyRemoval removal, CollectionEvaluation collections, DeploymentService deployments, DeploymentFanOut fanOut,
    RollUpTable rollUps, HealthTable health, AuditTrail audit, QueueLengths queues, SiteTable site, IOptions<SiteOptions> options,
    TimeProvider clock)
{
    /// <summary>Work that is younger is still under way.</summary>
    private static readonly TimeSpan Unfinished = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan OrphanAge = TimeSpan.FromDays(1);

    /// <summary>Hourly history is thinned to one row a day once it is this old.</summary>
    private const int HourlyDays = 90;

    public async Task RunAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await queues.PublishPoisonAsync(ct);
        await deployments.EndExpiredAsync(ct);
        await fanOut.ResendUnfinishedAsync(now - Unfinished, ct);
        await collections.ResendUnfinishedAsync(now - Unfinished, ct);
        await rollUps.PruneAsync(now.AddDays(-1), ct);
        await material.VerifyAsync(onlyAlarmed: true, ct);

        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var pruned = await site.FindPrunedDayAsync(ct) ?? today.AddDays(-1);
        if (pruned >= today)
        {
            return;
        }

        await material.VerifyAsync(onlyAlarmed: false, ct);
        await removal.DeleteOrphansAsync(now - OrphanAge, ct);
        var keepSince = now.AddDays(-options.Value.KeepDays);
        // Every day since the last time, so that a pause leaves no day unthinned; a month of them at most.
        for (var day = Later(pruned.AddDays(1), today.AddDays(-31)); day <= today; day = day.AddDays(1))
        {
            await health.PruneHistoryAsync(day.AddDays(-HourlyDays - 1), keepSince, ct);
        }

        await audit.PruneAsync(keepSince, ct);
        await site.SetPrunedDayAsync(today, ct);
    }

    private static DateOnly Later(DateOnly left, DateOnly right) => left > right ? left : right;
}
