using System.Collections.Immutable;
using System.Diagnostics;
using Atp.Functions.Deployments;
using Atp.Functions.Health;
using Atp.Functions.Telemetry;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;

namespace Atp.Functions.Tests.Telemetry;

/// <summary>In Azure the host and its worker make spans of an invocation by themselves, and know nothing of what a message says.</summary>
public sealed class GenuineHostTracingTests : IDisposable
{
    private const string Sender = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private readonly ActivitySource worker = new("Microsoft.Azure.Functions.Worker");
    private readonly ActivityListener listener = new()
    {
        ShouldListenTo = source => source.Name is "Microsoft.Azure.Functions.Worker" or InvocationTracing.SourceName,
        Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
    };

    public GenuineHostTracingTests() => ActivitySource.AddActivityListener(listener);

    [Fact]
    public async Task A_message_goes_on_with_its_senders_trace_and_points_to_the_hosts()
    {
        using var host = worker.StartActivity("function DeployShard");

        var span = await InvokeAsync<DeployShardFunction>("DeployShard", $$"""{"v":1,"traceparent":"{{Sender}}","shard":"00"}""");

        Assert.Equal(Sender, span.ParentId);
        Assert.Equal(("DeployShard", ActivityKind.Internal), (span.DisplayName, span.Kind)); // the host's own is the request that is counted
        Assert.Equal(host!.Context, Assert.Single(span.Links).Context);
        Assert.Equal((3L, "m-1"), (span.GetTagItem("messaging.message.dequeue_count"), span.GetTagItem("messaging.message.id")));
        Assert.Same(host, Activity.Current);
    }

    [Theory]
    [InlineData("""{"v":1,"shard":"00"}""")]
    [InlineData("""{"v":1,"traceparent":5}""")]
    [InlineData("""{"v":1,"inner":{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}""")]
    [InlineData("not JSON")]
    public async Task A_message_that_names_no_sender_is_of_the_hosts_trace(string body)
    {
        using var host = worker.StartActivity("function DeployShard");

        var span = await InvokeAsync<DeployShardFunction>("DeployShard", body);

        Assert.Same(host, span);
        Assert.Equal(("DeployShard", "pubsub"), (span.DisplayName, span.GetTagItem("faas.trigger")));
    }

    [Fact]
    public async Task What_a_device_writes_about_traces_is_not_believed()
    {
        using var host = worker.StartActivity("function IngestReports");

        Assert.Same(host, await InvokeAsync<Functions.Agent.IngestReportsFunction>("IngestReports", $$"""{"traceparent":"{{Sender}}"}"""));
    }

    [Fact]
    public async Task A_failure_is_the_spans_and_says_its_kind_and_nothing_else()
    {
        using var host = worker.StartActivity("function Reconcile");

        var span = await InvokeAsync<ReconcileFunction>("Reconcile", null, new InvalidOperationException("S3cret"));

        Assert.Same(host, span);
        Assert.Equal((ActivityStatusCode.Error, null, "System.InvalidOperationException", "timer"),
            (span.Status, span.StatusDescription, (string?)span.GetTagItem("error.type"), (string?)span.GetTagItem("faas.trigger")));
    }

    /// <summary>Of a hundred traces; those of devices are looked at over a whole run, in <see cref="TelemetryTests"/>.</summary>
    [Theory]
    [InlineData(typeof(RollUpHealthFunction), 10)]
    [InlineData(typeof(Functions.Agent.IngestReportsFunction), 1)]
    [InlineData(typeof(CreateDeploymentFunction), 100)]
    public async Task Unless_told_otherwise_one_trace_of_a_timer_in_ten_is_kept_and_every_one_of_an_administrator(Type function, int kept)
    {
        var recorded = 0;
        for (var i = 0; i < 100; i++)
        {
            using var host = worker.StartActivity("function", ActivityKind.Server, $"00-0af7651916cd43dd{i:x16}-b7ad6b7169203331-01");
            await new InvocationTracing(Options.Create(new TelemetryOptions())).Invoke(
                new Invocation(new Definition(function.Name, $"{function.FullName}.RunAsync"), null), _ => Task.CompletedTask);
            recorded += host!.Recorded ? 1 : 0;
        }

        Assert.Equal(kept, recorded);
    }

    public void Dispose()
    {
        listener.Dispose();
        worker.Dispose();
    }

    /// <returns>The span that the function runs in.</returns>
    private static async Task<Activity> InvokeAsync<T>(string name, string? body, Exception? failure = null)
    {
        Activity? current = null;
        try
        {
            await new InvocationTracing(Options.Create(new TelemetryOptions { TracesSampler = "always_on" })).Invoke(
                new Invocation(new Definition(name, $"{typeof(T).FullName}.RunAsync"), body), _ =>
                {
                    current = Activity.Current;
                    return failure is null ? Task.CompletedTask : Task.FromException(failure);
                });
        }
        catch (InvalidOperationException e) when (e == failure)
        {
            // The host sees it too.
        }

        return current!;
    }

    private sealed class Invocation(FunctionDefinition function, string? body) : FunctionContext
    {
        public override string InvocationId => "i-1";

        public override string FunctionId => function.Id;

        public override TraceContext TraceContext => throw new NotSupportedException();

        public override BindingContext BindingContext { get; } = new Bindings(body);

        public override RetryContext RetryContext => throw new NotSupportedException();

        public override IServiceProvider InstanceServices { get; set; } = null!;

        public override FunctionDefinition FunctionDefinition => function;

        public override IDictionary<object, object> Items { get; set; } = new Dictionary<object, object>();

        public override IInvocationFeatures Features => throw new NotSupportedException();
    }

    private sealed class Bindings(string? body) : BindingContext
    {
        public override IReadOnlyDictionary<string, object?> BindingData { get; } = body is null ? new Dictionary<string, object?>()
            : new() { ["QueueTrigger"] = body, ["Id"] = "m-1", ["DequeueCount"] = "3" };
    }

    private sealed class Definition(string name, string entryPoint) : FunctionDefinition
    {
        public override string Name => name;

        public override string EntryPoint => entryPoint;

        public override string Id => name;

        public override string PathToAssembly => "";

        public override ImmutableArray<FunctionParameter> Parameters => [];

        public override IImmutableDictionary<string, BindingMetadata> InputBindings => ImmutableDictionary<string, BindingMetadata>.Empty;

        public override IImmutableDictionary<string, BindingMetadata> OutputBindings => ImmutableDictionary<string, BindingMetadata>.Empty;
    }
}
