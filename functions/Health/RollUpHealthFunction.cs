using Atp.Core.Health;
using Atp.Core.Site;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Health;

/// <summary>Starts a roll-up every five minutes. It counts the fleet as of now, so a late, missed or doubled run changes nothing.</summary>
public sealed class RollUpHealthFunction(RollUpService rollUps, TimerRuns timers)
{
    [Function("RollUpHealth")]
    public Task RunAsync([TimerTrigger("0 */5 * * * *")] TimerInfo timer, CancellationToken ct) =>
        timers.RunAsync(SiteTimers.RollUpHealth, rollUps.StartDueAsync, ct);
}
