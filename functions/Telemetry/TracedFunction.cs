using System.Collections.Concurrent;
using System.Reflection;
using Atp.Core.Storage;
using Atp.Functions.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Telemetry;

/// <summary>What a function's declaration says for its spans.</summary>
/// <param name="Trigger">In OpenTelemetry's words.</param>
/// <param name="Queue">That it listens to; null for other triggers.</param>
/// <param name="IsOfDevices">Whether devices start it: all of a fleet, all the time.</param>
internal sealed record TracedFunction(string Trigger, string? Queue, bool IsOfDevices)
{
    private const string Timer = "timer";

    private static readonly ConcurrentDictionary<string, TracedFunction> Known = new();

    /// <summary>
    /// Of the traces that it starts one in so many is kept, unless an operator says otherwise. Devices make nearly all of a fleet's, and
    /// all alike; timers make the longest, a thousand spans each five minutes, of the smallest site too.
    /// </summary>
    public ulong OneTraceIn => IsOfDevices ? 100UL : Trigger == Timer ? 10UL : 1UL;

    /// <param name="entryPoint">Namespace, class and method, as both hosts give it.</param>
    public static TracedFunction Of(string entryPoint) => Known.GetOrAdd(entryPoint, static name =>
    {
        var parameters = AccessMiddleware.MethodOf(name)?.GetParameters() ?? [];
        var queue = parameters.Select(p => p.GetCustomAttribute<QueueTriggerAttribute>()?.QueueName).FirstOrDefault(q => q is not null);
        var trigger = queue is not null ? "pubsub" : parameters.Any(p => p.IsDefined(typeof(TimerTriggerAttribute))) ? Timer : "http";
        return new TracedFunction(trigger, queue, queue == Queues.DeviceReports || AccessMiddleware.AccessOf(name) is DeviceAccessAttribute);
    });
}
