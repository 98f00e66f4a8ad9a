using Atp.Core.Telemetry;

namespace Atp.Core.Site;

/// <summary>The timer functions, by name, and how often each is due.</summary>
public static class SiteTimers
{
    public const string RollUpHealth = "RollUpHealth";
    public const string Reconcile = "Reconcile";

    public static IReadOnlyDictionary<string, TimeSpan> Periods { get; } = new Dictionary<string, TimeSpan>
    {
        [RollUpHealth] = TimeSpan.FromMinutes(5),
        [Reconcile] = TimeSpan.FromMinutes(10),
    };
}

public enum TimerResult
{
    Succeeded,

    /// <summary>The function's log says why.</summary>
    Failed,
}

/// <summary>The last run of a timer function.</summary>
/// <param name="Name">The function.</param>
/// <param name="StartedAt">Null when it never ran.</param>
/// <param name="FinishedAt">Null while it runs, and for good when it was killed.</param>
/// <param name="Result">Null until it is finished.</param>
public sealed record TimerRun(string Name, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, TimerResult? Result);

/// <summary>Notes when timer functions run: one write at the start, without which a killed run would leave no trace, and one at the end.</summary>
public sealed class TimerRuns(SiteTable site, AtpMetrics metrics, TimeProvider clock)
{
    /// <summary>Runs something in the name of a timer function; what it throws escapes, once it is noted.</summary>
    public async Task RunAsync(string timer, Func<CancellationToken, Task> run, CancellationToken ct)
    {
        try
        {
            await RunNotedAsync(timer, run, ct);
        }
        catch
        {
            metrics.TimerFailed(timer); // also when what couldn't be done was to note it
            throw;
        }
    }

    /// <summary>The last run of every timer; one that never ran has no times.</summary>
    public async Task<IReadOnlyList<TimerRun>> LastAsync(CancellationToken ct)
    {
        var runs = await site.TimerRunsAsync(ct);
        return [.. SiteTimers.Periods.Keys.Select(name => runs.GetValueOrDefault(name) ?? new TimerRun(name, null, null, null))];
    }

    private async Task RunNotedAsync(string timer, Func<CancellationToken, Task> run, CancellationToken ct)
    {
        var started = new TimerRun(timer, clock.GetUtcNow(), null, null);
        await site.PutTimerRunAsync(started, ct);
        var result = TimerResult.Failed;
        try
        {
            await run(ct);
            result = TimerResult.Succeeded;
        }
        finally
        {
            // Also of a run that was cancelled: that it ended is a fact.
            await site.PutTimerRunAsync(started with { FinishedAt = clock.GetUtcNow(), Result = result }, CancellationToken.None);
        }
    }
}
