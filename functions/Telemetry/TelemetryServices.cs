using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Atp.Core.Telemetry;
using Azure.Core;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Atp.Functions.Telemetry;

/// <summary>Traces, metrics and logs, from this one place to Application Insights, to an OpenTelemetry collector, or to both.</summary>
internal static class TelemetryServices
{
    private const string ServiceName = "Atp.Functions";

    public static void AddAtpTelemetry(this FunctionsApplicationBuilder builder)
    {
        builder.Services.AddOptions<TelemetryOptions>().Bind(builder.Configuration).ValidateDataAnnotations().ValidateOnStart();
        var options = builder.Configuration.Get<TelemetryOptions>() ?? new();
        if (!options.IsOn || options.Validate(new ValidationContext(options)).Any())
        {
            return; // what is wrong stops the start, by its name
        }

        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => Describe(resource, builder.Configuration["OTEL_SERVICE_NAME"]))
            .UseFunctionsWorkerDefaults()
            .WithTracing(tracing => tracing
                .AddSource(InvocationTracing.SourceName, "Azure.*")
                .AddProcessor(new SpanScrubber()))
            .WithMetrics(metrics => metrics.AddMeter(AtpMetrics.MeterName))
            .WithLogging(
                logging => logging.AddProcessor(new LogScrubber()),
                // No scopes: they hold paths and ids of requests, which the span has.
                log => log.IncludeFormattedMessage = true);
        builder.Logging.AddFilter<OpenTelemetryLoggerProvider>("Microsoft", LogLevel.Warning)
            .AddFilter<OpenTelemetryLoggerProvider>("Azure", LogLevel.Warning);
        if (options.ToCollector)
        {
            telemetry.WithTracing(tracing => tracing.AddOtlpExporter())
                .WithMetrics(metrics => metrics.AddOtlpExporter())
                .WithLogging(logging => logging.AddOtlpExporter());
        }

        if (options.ToApplicationInsights)
        {
            builder.Services.AddOptions<AzureMonitorExporterOptions>().Configure<TokenCredential>((exporter, credential) =>
            {
                exporter.ConnectionString = options.ConnectionString;
                exporter.Credential = credential;
                exporter.EnableTraceBasedLogsSampler = false; // a warning counts, whether or not its trace was kept
            });
            telemetry.WithTracing(tracing => tracing.AddAzureMonitorTraceExporter())
                .WithMetrics(metrics => metrics.AddAzureMonitorMetricExporter())
                .WithLogging(logging => logging.AddAzureMonitorLogExporter());
        }

        telemetry.WithTracing(tracing => tracing.SetSampler(options.Sampler()!)); // after the exporters, one of which sets its own
    }

    /// <summary>The name that an operator gave wins, else in Azure the app's name, which the worker's defaults know.</summary>
    private static void Describe(ResourceBuilder resource, string? givenName)
    {
        if (string.IsNullOrEmpty(givenName))
        {
            resource.AddService(ServiceName, serviceVersion: Version());
        }
    }

    private static string? Version() =>
        typeof(TelemetryServices).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
}
