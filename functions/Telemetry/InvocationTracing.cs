using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Options;

namespace Atp.Functions.Telemetry;

/// <summary>
/// One span for each invocation, with the function's name. That of a queue message goes on with the trace of who sent it, which no
/// host knows: storage queues have no place for it but the body.
/// </summary>
public sealed class InvocationTracing(IOptions<TelemetryOptions> options) : IFunctionsWorkerMiddleware
{
    public const string SourceName = "Atp.Functions";

    /// <summary>The genuine worker's own span of an invocation, below the host's.</summary>
    private const string WorkerSourceName = "Microsoft.Azure.Functions.Worker";

    private static readonly ActivitySource Source = new(SourceName);

    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (!Source.HasListeners())
        {
            await next(context);
            return;
        }

        var function = TracedFunction.Of(context.FunctionDefinition.EntryPoint);
        using var own = Start(function, context);
        var span = own ?? Activity.Current;
        if (span is { Recorded: true } && options.Value.SamplesByDefault && !IsKept(span.TraceId, function.OneTraceIn))
        {
            Forget(span);
        }

        if (span is { IsAllDataRequested: true })
        {
            Describe(span, function, context);
        }

        try
        {
            await next(context);
        }
        catch (Exception e)
        {
            span?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", e.GetType().FullName);
            throw;
        }
    }

    /// <returns>Null when the host's own span is that of the function, or when nothing of this trace is kept.</returns>
    private static Activity? Start(TracedFunction function, FunctionContext context)
    {
        var (name, host) = (context.FunctionDefinition.Name, Activity.Current);
        if (Sender(function, context) is { } sender)
        {
            // Where the host traces by itself, its span is the request that is counted; this one says what it was for.
            return Source.StartActivity(name, host is null ? ActivityKind.Consumer : ActivityKind.Internal, sender,
                links: host is null ? null : [new ActivityLink(host.Context)]);
        }

        if (host?.Source.Name == WorkerSourceName)
        {
            host.DisplayName = name;
            return null;
        }

        return Source.StartActivity(name, host is not null ? ActivityKind.Internal
            : function.Queue is not null ? ActivityKind.Consumer : ActivityKind.Server);
    }

    /// <summary>The trace that a message of our own carries. What devices write in theirs is not asked.</summary>
    private static ActivityContext? Sender(TracedFunction function, FunctionContext context) =>
        function is { Queue: not null, IsOfDevices: false }
        && context.BindingContext.BindingData.TryGetValue("QueueTrigger", out var body) && body is string text
        && ActivityContext.TryParse(Traceparent(text), null, isRemote: true, out var sender)
            ? sender
            : null;

    private static string? Traceparent(string body)
    {
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(body));
            while (reader.Read())
            {
                if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("traceparent"u8))
                {
                    return reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                }
            }
        }
        catch (JsonException)
        {
            // Not ours; it has no trace.
        }

        return null;
    }

    private static void Describe(Activity span, TracedFunction function, FunctionContext context)
    {
        span.SetTag("faas.name", context.FunctionDefinition.Name);
        span.SetTag("faas.trigger", function.Trigger);
        span.SetTag("faas.invocation_id", context.InvocationId);
        if (function.Queue is not null)
        {
            var message = context.BindingContext.BindingData;
            span.SetTag("messaging.system", "azure_storage_queues");
            span.SetTag("messaging.operation.type", "process");
            span.SetTag("messaging.destination.name", function.Queue);
            span.SetTag("messaging.message.id", message.GetValueOrDefault("Id")?.ToString());
            // The genuine worker has it as text.
            span.SetTag("messaging.message.dequeue_count",
                long.TryParse(message.GetValueOrDefault("DequeueCount")?.ToString(), CultureInfo.InvariantCulture, out var count) ? count : null);
        }
    }

    private static bool IsKept(ActivityTraceId trace, ulong oneIn)
    {
        Span<byte> bytes = stackalloc byte[16];
        trace.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]) % oneIn == 0;
    }

    /// <summary>With all that is to come below it, and the call that it came by.</summary>
    private static void Forget(Activity span)
    {
        for (var forgotten = span; forgotten is not null; forgotten = forgotten.Parent)
        {
            forgotten.IsAllDataRequested = false;
            forgotten.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
    }
}
