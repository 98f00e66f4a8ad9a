using Atp.SelfHost.Queues;
using Atp.SelfHost.Timers;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Atp.SelfHost.Hosting;

/// <summary>Starts the queue and timer listeners with the process, and drains them when it stops.</summary>
internal sealed class TriggerHost(
    IReadOnlyList<Function> functions, FunctionInvoker invoker, HostSettings settings, IConfiguration configuration, HostClock clock,
    ILoggerFactory logs) : IHostedService, IDisposable
{
    private const string HostContainer = "azure-webjobs-hosts";
    private readonly List<QueueListener> queues = [];
    private readonly List<TimerListener> timers = [];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var storage = new HostStorage(configuration);
        foreach (var function in functions)
        {
            if (function.Trigger is QueueTriggerAttribute queue)
            {
                var name = Settings.Resolve(queue.QueueName, configuration).ToLowerInvariant();
                var hasPoison = !name.EndsWith("-poison", StringComparison.Ordinal);
                queues.Add(new QueueListener(function, storage.Queue(queue.Connection, name),
                    hasPoison ? storage.Queue(queue.Connection, $"{name}-poison") : null,
                    settings.Queues, invoker, clock.Time, logs.CreateLogger<QueueListener>()));
            }
            else if (function.Trigger is TimerTriggerAttribute timer
                && TimerSchedule.TryParse(Settings.Resolve(timer.Schedule, configuration), out var schedule))
            {
                var container = storage.Container(HostContainer);
                timers.Add(new TimerListener(function, timer, schedule!, new TimerLock(container, settings.HostId, function.Name),
                    new TimerMonitor(container, settings.HostId, function.Name), invoker, clock.Time, logs.CreateLogger<TimerListener>()));
            }
        }

        queues.ForEach(q => q.Start());
        timers.ForEach(t => t.Start());
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(
        queues.Select(q => q.StopAsync(cancellationToken)).Concat(timers.Select(t => t.StopAsync(cancellationToken))));

    public void Dispose()
    {
        queues.ForEach(q => q.Dispose());
        timers.ForEach(t => t.Dispose());
    }
}

/// <summary>The host's own clock, apart from the one that the app is given: tests stop that one.</summary>
public sealed record HostClock(TimeProvider Time);
