using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Trace;

namespace Atp.Functions.Tests.Telemetry;

/// <summary>Secrets that somebody's code puts into spans and log lines, as an exporter gets them.</summary>
public sealed class ScrubbedExportTests : IDisposable
{
    private const string Secret = "S3cretS3cretS3cret";

    private readonly ActivitySource source = new($"Azure.Planted.{Guid.NewGuid():N}");
    private readonly CapturedCollection<Activity> spans = [];
    private readonly CapturedCollection<LogRecord> lines = [];
    private readonly IHost host;

    public ScrubbedExportTests()
    {
        host = TelemetrySettingsTests.Compose(
            services => services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddInMemoryExporter(spans))
                .ConfigureOpenTelemetryLoggerProvider(logging => logging.AddInMemoryExporter(lines)),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"), ("OTEL_TRACES_SAMPLER", "always_on"));
        host.Services.GetRequiredService<TracerProvider>();
    }

    [Fact]
    public void A_span_is_exported_without_them()
    {
        using (var span = source.StartActivity("QueueClient.SendMessage")!)
        {
            span.SetTag("url.full", $"https://a.queue.core.windows.net/q/messages/1?popreceipt={Secret}");
            span.SetTag("url.query", $"?sig={Secret}");
            span.SetTag("az.keyvault.secret.name", $"policy-{Secret}");
            span.AddTag("note", $"Bearer {Secret}").AddTag("note", $"Bearer {Secret}");
            span.SetStatus(ActivityStatusCode.Error, $"Azure.RequestFailedException: {Secret}");
        }

        var exported = Assert.Single(spans, s => s.Source == source);
        Assert.DoesNotContain(Secret, string.Join(' ', exported.TagObjects.Select(t => $"{t.Value}")), StringComparison.Ordinal);
        Assert.Equal("https://a.queue.core.windows.net/q/messages/{id}", exported.GetTagItem("url.full"));
        Assert.Equal((ActivityStatusCode.Error, null), (exported.Status, exported.StatusDescription));
    }

    [Fact]
    public void A_span_whose_event_has_one_is_not_exported_and_one_whose_event_has_none_is()
    {
        using (var span = source.StartActivity("one")!)
        {
            span.AddException(new InvalidOperationException($"GET https://h/?sig={Secret}"));
        }

        using (var span = source.StartActivity("none")!)
        {
            span.AddException(new InvalidOperationException("It is broken."));
        }

        Assert.Equal("none", Assert.Single(spans, s => s.Source == source && s.Recorded).DisplayName);
    }

    [Fact]
    public void A_line_of_the_log_is_exported_without_them_and_with_its_trace()
    {
        var log = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Atp.Planted");
        using var span = source.StartActivity("one");

        log.LogError(new InvalidOperationException($"GET https://h/?sig={Secret} failed"), "With {Token}", $"Bearer {Secret}");

        var line = Assert.Single(lines);
        Assert.Equal((span!.TraceId, "With Bearer ***"), (line.TraceId, line.FormattedMessage));
        Assert.Null(line.Exception);
        var attributes = line.Attributes!.ToDictionary(a => a.Key, a => $"{a.Value}");
        Assert.Equal("Bearer ***", attributes["Token"]);
        Assert.Equal("System.InvalidOperationException", attributes["exception.type"]);
        Assert.Contains("GET https://h/?sig=*** failed", attributes["exception.stacktrace"], StringComparison.Ordinal);
    }

    public void Dispose()
    {
        host.Dispose();
        source.Dispose();
    }
}
