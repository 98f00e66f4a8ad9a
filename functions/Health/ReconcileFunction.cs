using Atp.Core.Health;
using Atp.Core.Site;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Health;

/// <summary>Finishes what crashes left unfinished, and prunes what is past its time.</summary>
public sealed class ReconcileFunction(ReconcileService reconcile, TimerRuns timers)
{
    [Function("Reconcile")]
    public Task RunAsync([TimerTrigger("30 */10 * * * *")] TimerInfo timer, CancellationToken ct) =>
        timers.RunAsync(SiteTimers.Reconcile, reconcile.RunAsync, ct);
}
