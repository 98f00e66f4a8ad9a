using Atp.SelfHost.Hosting;
using Azure;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace Atp.SelfHost.Timers;

/// <summary>Fires one timer function, on one instance at a time, never overlapping; a missed occurrence fires once at start.</summary>
internal sealed partial class TimerListener(
    Function function, TimerTriggerAttribute trigger, TimerSchedule schedule, TimerLock exclusive, TimerMonitor monitor,
    FunctionInvoker invoker, TimeProvider clock, ILogger log) : IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationTokenSource aborting = new();
    private Task running = Task.CompletedTask;

    public void Start() => running = Task.Run(RunAsync);

    /// <param name="ct">When the host's patience ends: a running function is cancelled then.</param>
    public async Task StopAsync(CancellationToken ct)
    {
        await stopping.CancelAsync();
        await using (ct.Register(() => aborting.Cancel()))
        {
            await running;
        }

        await exclusive.ReleaseAsync();
    }

    public void Dispose()
    {
        stopping.Dispose();
        aborting.Dispose();
    }

    private async Task RunAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (await exclusive.HoldAsync(stopping.Token))
                {
                    await FireWhileHeldAsync();
                }
                else
                {
                    await Task.Delay(TimerLock.Interval, clock, stopping.Token);
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                StorageFailed(e, function.Name);
                await Task.Delay(TimeSpan.FromSeconds(1), clock, CancellationToken.None);
            }
        }
    }

    private async Task FireWhileHeldAsync()
    {
        var isMonitored = trigger.UseMonitor && schedule.IsMonitorable(Now());
        var status = isMonitored ? await monitor.ReadAsync(stopping.Token) : null;
        var next = schedule.Next(Now());
        if (status is not null && Now() > status.Next && schedule.Next(status.Last == default ? status.LastUpdated : status.Last) == status.Next)
        {
            await FireAsync(status, isPastDue: true);
            next = schedule.Next(Now());
        }
        else if (trigger.RunOnStartup)
        {
            await FireAsync(status, isPastDue: false);
            next = schedule.Next(Now());
        }

        if (isMonitored)
        {
            status = new ScheduleStatus { Last = status?.Last ?? default, Next = next, LastUpdated = status?.LastUpdated ?? Now() };
            if (status.Last == default)
            {
                status.LastUpdated = Now();
            }

            await monitor.WriteAsync(status, stopping.Token);
        }

        while (await WaitUntilAsync(next))
        {
            await FireAsync(isMonitored ? status : null, isPastDue: false);
            var due = next;
            next = schedule.Next(Later(Now(), due));
            if (isMonitored)
            {
                status = new ScheduleStatus { Last = due, Next = next, LastUpdated = Now() };
                await monitor.WriteAsync(status, stopping.Token);
            }
        }
    }

    /// <returns>False when the lease was lost meanwhile.</returns>
    private async Task<bool> WaitUntilAsync(DateTime due)
    {
        while (Now() < due)
        {
            var rest = due - Now();
            await Task.Delay(rest < TimerLock.Interval ? rest : TimerLock.Interval, clock, stopping.Token);
            if (!await exclusive.HoldAsync(stopping.Token))
            {
                return false;
            }
        }

        return true;
    }

    private async Task FireAsync(ScheduleStatus? status, bool isPastDue)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        var keeping = KeepLeaseAsync(done.Token);
        try
        {
            var timer = new TimerInfo { ScheduleStatus = status, IsPastDue = isPastDue };
            await invoker.InvokeAsync(function, timer, new Dictionary<string, object?>(), null, aborting.Token);
        }
        catch (Exception)
        {
            // The invoker has logged it; the schedule goes on.
        }

        await done.CancelAsync();
        await keeping;
    }

    private async Task KeepLeaseAsync(CancellationToken ct)
    {
        try
        {
            while (true)
            {
                await Task.Delay(TimerLock.Interval, clock, ct);
                await exclusive.HoldAsync(CancellationToken.None);
            }
        }
        catch (OperationCanceledException)
        {
            // The function is done.
        }
        catch (Exception e)
        {
            StorageFailed(e, function.Name);
        }
    }

    private DateTime Now() => DateTime.SpecifyKind(clock.GetLocalNow().DateTime, DateTimeKind.Local);

    private static DateTime Later(DateTime left, DateTime right) => left > right ? left : right;

    [LoggerMessage(Level = LogLevel.Error, Message = "The lease or the schedule of {Function} could not be kept; it is tried again")]
    private partial void StorageFailed(Exception exception, string function);
}
