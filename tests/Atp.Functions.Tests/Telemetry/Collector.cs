using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Atp.Functions.Tests.Telemetry;

/// <summary>An OpenTelemetry collector that keeps what it is sent, byte for byte.</summary>
public sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<(string Signal, string Text)> received = new();

    private Collector(WebApplication app) => this.app = app;

    /// <summary>Settings of a service that sends here.</summary>
    public Dictionary<string, string?> Settings => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = app.Urls.First(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
    };

    public static async Task<Collector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var collector = new Collector(app);
        app.MapPost("/v1/{signal}", async (string signal, HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            collector.received.Enqueue((signal, Encoding.Latin1.GetString(body.ToArray())));
        });
        app.Urls.Add("http://127.0.0.1:0");
        await app.StartAsync();
        return collector;
    }

    /// <summary>All that a service has to say so far: bodies of <c>traces</c>, <c>metrics</c> and <c>logs</c>, in which texts are as they were.</summary>
    public IReadOnlyList<(string Signal, string Text)> TakeAll(AtpHost host)
    {
        Assert.True(host.Get<TracerProvider>().ForceFlush());
        Assert.True(host.Get<MeterProvider>().ForceFlush());
        Assert.True(host.Get<LoggerProvider>().ForceFlush());
        return [.. received];
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
