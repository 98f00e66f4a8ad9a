using Atp.Core.Health;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Health;

/// <summary>Finishes what crashes left unfinished, and prunes what is past its time.</summary>
public sealed class ReconcileFunction(ReconcileService reconcile)
{
    [Function("Reconcile")]
    public Task RunAsync([TimerTrigger("30 */10 * * * *")] TimerInfo timer, CancellationToken ct) => reconcile.RunAsync(ct);
}
