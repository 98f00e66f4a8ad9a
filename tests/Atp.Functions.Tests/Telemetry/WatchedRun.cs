using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net.Http.Json;
using Atp.Core.Agent;
using Atp.Core.Devices;
using Atp.Core.Health;
using Atp.Core.Site;
using Atp.Core.Storage;
using Atp.Functions.Health;
using Azure.Data.Tables;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Atp.Functions.Tests.Telemetry;

/// <summary>
/// A run of everything on one site, whose telemetry goes to a collector as anywhere, and to the test. Other sites of this process
/// are told apart by the trace, and by the meter's factory.
/// </summary>
public sealed class WatchedRun(TestStack stack) : IAsyncLifetime
{
    public const int Devices = 40;

    /// <summary>Trace ids that a device sends: of the first kind one in a hundred is kept, of the second none.</summary>
    public const string KeptTrace = "11111111111111110000000000000064";
    public const string LeftOutTrace = "22222222222222220000000000000065";

    private readonly CapturedCollection<Activity> spans = [];
    private readonly CapturedCollection<MetricSnapshot> metrics = [];

    public AtpHost Host { get; private set; } = null!;

    public Collector Collector { get; private set; } = null!;

    public IReadOnlyList<string> Shards => [.. Host.Get<ShardMap>().All];

    /// <summary>Shards that have one of the devices.</summary>
    public int ShardsInUse { get; private set; }

    /// <summary>How old the figures were when the timer ran.</summary>
    public TimeSpan Lag { get; private set; }

    public async ValueTask InitializeAsync()
    {
        Collector = await Collector.StartAsync();
        Host = await AtpHost.StartAsync(stack, new AtpHostOptions
        {
            Settings = Collector.Settings,
            Services = services => services
                .ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddInMemoryExporter(spans))
                .ConfigureOpenTelemetryMeterProvider((provider, metering) => metering.AddView(
                    instrument => instrument.Meter.Scope == provider.GetRequiredService<IMeterFactory>() ? null : MetricStreamConfiguration.Drop))
                .ConfigureOpenTelemetryMeterProvider(metering => metering.AddInMemoryExporter(metrics)),
        });
        var ids = Enumerable.Range(0, Devices).Select(i => $"device-{i:D3}").ToList();
        ShardsInUse = ids.Select(Host.Get<ShardMap>().ShardOf).Distinct().Count();
        await Host.ImportAsync(ids.Select(id => TestSite.Line(id)));
        var policy = await Host.CreatePolicyAsync();
        var collection = await Host.CreateCollectionAsync("All", new { tag = "all" });
        var deploymentId = await Host.DeployAsync((string)policy["id"]!, collection);
        await Host.ActiveAsync(deploymentId);
        await ReportAsync(deploymentId);
        await RollUpAsync();
        await GoWrongAsync();
        await Eventually.TrueAsync(async () =>
        {
            foreach (var queue in Queues.All)
            {
                if ((await Host.Queue(queue).GetPropertiesAsync()).Value.ApproximateMessagesCount > 0)
                {
                    return false;
                }
            }

            return true;
        });
    }

    /// <summary>The spans of the trace that an administrator's call began.</summary>
    public IReadOnlyList<Activity> TraceOf(string call) =>
        OfTrace(spans.First(s => s.DisplayName == call && s.GetTagItem("server.port") is int port && port == Host.BaseAddress.Port).TraceId.ToHexString());

    public IReadOnlyList<Activity> OfTrace(string traceId) => [.. spans.Where(s => s.TraceId.ToHexString() == traceId)];

    /// <summary>Of every trace that a call to this site began.</summary>
    public IReadOnlyList<Activity> Spans()
    {
        var traces = spans.Where(s => s.GetTagItem("server.port") is int port && port == Host.BaseAddress.Port).Select(s => s.TraceId).ToHashSet();
        return [.. spans.Where(s => traces.Contains(s.TraceId))];
    }

    /// <summary>An instrument's newest values, by its tags.</summary>
    public Dictionary<string, double> Values(string instrument)
    {
        Assert.True(Host.Get<MeterProvider>().ForceFlush());
        var newest = metrics.Last(m => m.Name == instrument);
        var values = new Dictionary<string, double>();
        foreach (var point in newest.MetricPoints)
        {
            List<string> tags = [];
            foreach (var tag in point.Tags)
            {
                tags.Add($"{tag.Key}={tag.Value}");
            }

            values[string.Join(' ', tags.Order(StringComparer.Ordinal))] = newest.MetricType switch
            {
                MetricType.LongSum => point.GetSumLong(),
                MetricType.LongGauge => point.GetGaugeLastValueLong(),
                MetricType.DoubleGauge => point.GetGaugeLastValueDouble(),
                _ => point.GetHistogramSum(),
            };
        }

        return values;
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await Collector.DisposeAsync();
    }

    /// <summary>Two good reports, two forged ones and one that isn't one; and check-ins whose traces are known.</summary>
    private async Task ReportAsync(string deploymentId)
    {
        var device = await Host.EnrollAsync("device-000");
        foreach (var trace in new[] { KeptTrace, LeftOutTrace })
        {
            using var client = device.Client();
            client.DefaultRequestHeaders.Add("traceparent", $"00-{trace}-0123456789abcdef-01");
            await (await client.PostAsJsonAsync("/api/agent/check-in", new { })).JsonAsync();
        }

        await device.CheckInAsync();
        var good = device.Healthy(deploymentId, 1);
        await device.SendAsync(good, good with { Signature = Convert.ToBase64String(new byte[32]) });
        await device.SendAsync(device.Healthy(), good with { Signature = Convert.ToBase64String(new byte[32]) });
        await Host.Queue(Queues.DeviceReports).SendMessageAsync("not JSON at all");
        await device.IngestedAsync();
    }

    /// <summary>A roll-up whose last step, repeated 7 seconds later, is done 7 seconds after its as-of; and the timer, 5 minutes on.</summary>
    private async Task RollUpAsync()
    {
        await Host.RollUpAsync();
        var id = RollUp.IdOf(Host.Clock.GetUtcNow());
        var completion = (await Host.Table(TableNames.RollUps).GetEntityAsync<TableEntity>(id, "!completion")).Value;
        var asOf = Host.Clock.GetUtcNow();
        Host.Clock.Advance(TimeSpan.FromSeconds(7));
        await Host.Get<RollUpService>().CountShardAsync(new RollUpShard(id, asOf, completion.GetString("CompletedBy")), CancellationToken.None);
        Host.Clock.Advance(TimeSpan.FromMinutes(5));
        Lag = Host.Clock.GetUtcNow() - asOf;
        await ActivatorUtilities.CreateInstance<RollUpHealthFunction>(Host.Services).RunAsync(new TimerInfo(), CancellationToken.None);
    }

    private async Task GoWrongAsync()
    {
        await Host.Queue(Queues.HealthShards + Queues.PoisonSuffix).SendMessageAsync("{}");
        await ActivatorUtilities.CreateInstance<ReconcileFunction>(Host.Services).RunAsync(new TimerInfo(), CancellationToken.None);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Host.Get<TimerRuns>().RunAsync(
            SiteTimers.Reconcile, _ => throw new InvalidOperationException(), CancellationToken.None));
    }
}
