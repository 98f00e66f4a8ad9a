using Azure.Core;
using Azure.Core.Pipeline;

namespace Atp.Functions.Tests;

/// <summary>The process "dies": nothing more reaches storage.</summary>
public sealed class CrashException() : Exception("The process died here.");

/// <summary>
/// Sits between the service and its storage. It can let the process die after so many requests, or let something happen between
/// two of them, in the flow of the code under test only.
/// </summary>
public sealed class StorageTap : HttpPipelinePolicy
{
    private readonly AsyncLocal<Plan?> current = new();

    /// <summary>Runs something that dies after <paramref name="requests"/> requests.</summary>
    /// <returns>Whether it died before it was done.</returns>
    public async Task<bool> CrashAfterAsync(int requests, Func<Task> run)
    {
        current.Value = new Plan(requests, null);
        try
        {
            await run();
            return false;
        }
        catch (Exception e) when (e is CrashException or AggregateException { InnerException: CrashException })
        {
            return true;
        }
        finally
        {
            current.Value = null;
        }
    }

    /// <summary>Runs something, and something else before its request number <paramref name="request"/>, counted from 0.</summary>
    public async Task InBetweenAsync(int request, Func<Task> happens, Func<Task> run)
    {
        var plan = new Plan(request, happens);
        current.Value = plan;
        try
        {
            await run();
        }
        finally
        {
            current.Value = null;
        }

        Assert.True(plan.Seen > request, $"It made {plan.Seen} requests; nothing could happen before number {request}.");
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        if (current.Value is { } plan)
        {
            var number = Interlocked.Increment(ref plan.Seen) - 1;
            if (plan.Happens is null && number >= plan.At)
            {
                throw new CrashException();
            }

            if (plan.Happens is not null && number == plan.At)
            {
                current.Value = null;
                await plan.Happens();
                current.Value = plan;
            }
        }

        await ProcessNextAsync(message, pipeline);
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => ProcessNext(message, pipeline);

    private sealed class Plan(int at, Func<Task>? happens)
    {
        public int Seen;

        public int At => at;

        public Func<Task>? Happens => happens;
    }
}
