using System.Diagnostics;

namespace Atp.Functions.Tests.Telemetry;

/// <summary>What operators see of a run: one trace from the call to the rows, and the figures; and what they don't: secrets.</summary>
public sealed class TelemetryTests(WatchedRun run) : IClassFixture<WatchedRun>
{
    [Fact]
    public void A_deployment_is_one_trace_from_the_call_through_the_messages_to_the_rows()
    {
        var trace = run.TraceOf("POST /api/deployments");
        TestContext.Current.TestOutputHelper?.WriteLine(Tree(trace));

        var call = Root(trace);
        var create = Child(trace, call, "CreateDeployment");
        Assert.Equal(ActivityKind.Internal, create.Kind);
        Assert.NotEmpty(Under(trace, create, "TableClient.SubmitTransaction").Concat(Under(trace, create, "TableClient.AddEntity")));
        Assert.Single(Under(trace, create, "QueueClient.SendMessage"));

        var fanOut = Child(trace, create, "FanOutDeployment");
        Assert.Equal(run.Shards.Count, Under(trace, fanOut, "QueueClient.SendMessage").Count());
        var shards = Under(trace, fanOut, "DeployShard").ToList();
        Assert.Equal(run.Shards.Count, shards.Count);
        Assert.Equal(run.ShardsInUse, shards.Count(shard => Under(trace, shard, "TableClient.SubmitTransaction").Any())); // the fleet's rows
        Assert.All(shards, shard => Assert.NotEmpty(Under(trace, shard, "TableClient.UpsertEntity"))); // the shard's counts
        Assert.All(shards.Append(fanOut), hop =>
        {
            Assert.Equal(ActivityKind.Consumer, hop.Kind);
            Assert.Equal(("pubsub", "azure_storage_queues", "process", hop == fanOut ? "deployment-fanout" : "deployment-shards", 1L),
                (Tag(hop, "faas.trigger"), Tag(hop, "messaging.system"), Tag(hop, "messaging.operation.type"), Tag(hop, "messaging.destination.name"),
                    Tag(hop, "messaging.message.dequeue_count")));
        });
        Assert.Equal(shards.Count, shards.Select(shard => Tag(shard, "messaging.message.id")).Distinct().Count());
    }

    [Theory]
    [InlineData("POST /api/collections", "CreateCollection EvaluateCollection EvaluateShard")]
    [InlineData("POST /api/health/rollup", "StartRollUp RollUpShard")]
    public void So_is_every_other_work_that_goes_through_messages(string call, string hops)
    {
        var trace = run.TraceOf(call);

        var above = new[] { Root(trace) };
        foreach (var hop in hops.Split(' '))
        {
            above = [.. above.SelectMany(span => Under(trace, span, hop))];
            Assert.Equal(hop.EndsWith("Shard", StringComparison.Ordinal) ? run.Shards.Count : 1, above.Length);
        }

        Assert.All(above, shard => Assert.Contains(trace, s => s.ParentSpanId == shard.SpanId && s.DisplayName.StartsWith("TableClient.", StringComparison.Ordinal)));
    }

    [Fact]
    public void Of_the_traces_that_devices_begin_one_in_a_hundred_is_kept()
    {
        Assert.Contains(run.OfTrace(WatchedRun.KeptTrace), s => s.DisplayName == "CheckIn");
        // Another listener of this process may want what is below them.
        Assert.DoesNotContain(run.OfTrace(WatchedRun.LeftOutTrace), s => s.DisplayName is "CheckIn" or "POST /api/agent/check-in");
    }

    [Fact]
    public void No_span_has_a_query_a_secrets_name_a_rows_key_or_an_exceptions_text()
    {
        var spans = run.Spans();

        Assert.Contains(spans, s => ((string?)Tag(s, "url.full"))?.EndsWith("/secrets/{name}", StringComparison.Ordinal) == true);
        Assert.Contains(spans, s => ((string?)Tag(s, "url.full"))?.EndsWith("({key})", StringComparison.Ordinal) == true);
        Assert.All(spans, s =>
        {
            Assert.Null(s.StatusDescription);
            Assert.All(s.TagObjects, tag => Assert.DoesNotMatch(@"\?|-workspace-key|enrollment-key|RowKey=|sig=", $"{tag.Value}"));
        });
    }

    [Fact]
    public void The_figures_are_those_of_the_run()
    {
        Assert.Equal(WatchedRun.Devices, Only("atp.deployments.devices_placed"));
        Assert.Equal(2, Only("atp.reports.accepted"));
        Assert.Equal(new() { ["reason=Forged"] = 2, ["reason=Malformed"] = 1 }, run.Values("atp.reports.dropped"));
        Assert.Equal(7, Only("atp.rollup.duration"), 0.001);
        Assert.Equal(run.Lag.TotalSeconds, Only("atp.rollup.lag"), 0.001);
        Assert.Equal(new() { ["timer=Reconcile"] = 1 }, run.Values("atp.timers.failed"));
        var poison = run.Values("atp.poison.messages");
        Assert.Equal(6, poison.Count);
        Assert.Equal("queue=health-shards", Assert.Single(poison, queue => queue.Value == 1).Key);

        var transactions = run.Values("atp.storage.transactions");
        Assert.Equal(run.Host.Transactions, transactions.Values.Sum());
        Assert.Equal(1, transactions["operation=put service=blob"]);
        Assert.All(["query service=table", "get service=table", "insert service=table", "merge service=table", "transaction service=table", "send service=queue"],
            operation => Assert.True(transactions.GetValueOrDefault($"operation={operation}") > 0, operation));
    }

    [Fact]
    public void The_collector_gets_traces_metrics_and_logs_of_one_service_and_the_logs_without_scopes()
    {
        var received = run.Collector.TakeAll(run.Host);

        Assert.All(new[] { ("traces", "DeployShard"), ("metrics", "atp.rollup.lag"), ("logs", " complete: 40 devices in ") }, expected =>
            Assert.Contains(received, r => r.Signal == expected.Item1 && r.Text.Contains(expected.Item2, StringComparison.Ordinal)));
        Assert.All(received, r =>
        {
            Assert.Contains("Atp.Functions", r.Text, StringComparison.Ordinal);
            Assert.Contains("service.instance.id", r.Text, StringComparison.Ordinal);
        });
        Assert.DoesNotContain(received, r => r.Signal == "logs" && (r.Text.Contains("Executed ", StringComparison.Ordinal) || r.Text.Contains("RequestPath", StringComparison.Ordinal)));
    }

    private double Only(string instrument) => Assert.Single(run.Values(instrument)).Value;

    private static object? Tag(Activity span, string name) => span.GetTagItem(name);

    /// <summary>The one span without a parent, when all others have theirs in the trace.</summary>
    private static Activity Root(IReadOnlyList<Activity> trace)
    {
        var ids = trace.Select(s => s.SpanId).ToHashSet();
        Assert.Equal(trace.Count, ids.Count);
        return Assert.Single(trace, s => !ids.Contains(s.ParentSpanId));
    }

    private static Activity Child(IReadOnlyList<Activity> trace, Activity parent, string name) => Assert.Single(Under(trace, parent, name));

    private static IEnumerable<Activity> Under(IReadOnlyList<Activity> trace, Activity parent, string name) =>
        trace.Where(s => s.ParentSpanId == parent.SpanId && s.DisplayName == name);

    private static string Tree(IReadOnlyList<Activity> trace)
    {
        var lines = new List<string>();
        void Write(Activity span, int depth)
        {
            lines.Add($"{new string(' ', 2 * depth)}{span.DisplayName} {span.Kind} {span.Status} {string.Join(' ', span.TagObjects.Select(t => $"{t.Key}={t.Value}"))}");
            foreach (var child in trace.Where(s => s.ParentSpanId == span.SpanId).OrderBy(s => s.StartTimeUtc))
            {
                Write(child, depth + 1);
            }
        }

        Write(Root(trace), 0);
        return string.Join('\n', lines);
    }
}
