using Atp.SelfHost;
using Azure.Core;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Atp.Functions.Tests.Telemetry;

/// <summary>Where telemetry goes is said by settings. The service is composed here, and not started.</summary>
public sealed class TelemetrySettingsTests
{
    private const string ApplicationInsights = "APPLICATIONINSIGHTS_CONNECTION_STRING";
    private const string Otlp = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private readonly NoCredential credential = new();

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Without_settings_nothing_is_collected(string? nothing)
    {
        using var host = Compose((Otlp, nothing), (ApplicationInsights, nothing));

        Assert.Null(host.Services.GetService<TracerProvider>());
        Assert.Null(host.Services.GetService<MeterProvider>());
        Assert.Null(host.Services.GetService<LoggerProvider>());
        Assert.DoesNotContain(host.Services.GetServices<ILoggerProvider>(), provider => provider is OpenTelemetryLoggerProvider);
    }

    [Fact]
    public void Application_Insights_is_signed_in_to_as_the_app_and_is_not_called_before_there_is_something_to_send()
    {
        using var host = Compose((ApplicationInsights,
            "InstrumentationKey=11111111-2222-3333-4444-555555555555;IngestionEndpoint=https://ingestion.invalid/;LiveEndpoint=https://live.invalid/"),
            ("OTEL_TRACES_SAMPLER", "always_off")); // there are other sites in this process

        Assert.NotNull(host.Services.GetService<TracerProvider>());
        Assert.NotNull(host.Services.GetService<MeterProvider>());
        Assert.NotNull(host.Services.GetService<LoggerProvider>());
        var exporter = host.Services.GetRequiredService<IOptions<AzureMonitorExporterOptions>>().Value;
        Assert.Same(credential, exporter.Credential);
        Assert.False(exporter.EnableTraceBasedLogsSampler);
        Assert.Equal(0, credential.Asked);
    }

    [Theory]
    [InlineData("always_off", null, "AlwaysOffSampler")]
    [InlineData("traceidratio", "0.25", "TraceIdRatioBasedSampler{0.250000}")]
    [InlineData("parentbased_traceidratio", "0.05", "ParentBased{TraceIdRatioBasedSampler{0.050000}}")]
    [InlineData("parentbased_always_on", null, "ParentBased{AlwaysOnSampler}")]
    [InlineData(null, null, "ParentBased{DefaultSampler}")]
    public void The_sampler_is_that_of_the_standard_variables(string? sampler, string? argument, string expected)
    {
        var options = new Functions.Telemetry.TelemetryOptions { TracesSampler = sampler, TracesSamplerArgument = argument };

        Assert.Equal(expected, options.Sampler()!.Description);
    }

    [Theory]
    [InlineData(Otlp, "localhost:4317", "such as http://localhost:4317")]
    [InlineData(Otlp, "collector", "such as http://localhost:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "grpc or http/protobuf")]
    [InlineData("OTEL_TRACES_SAMPLER", "sometimes", "parentbased_")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG", "5 %", "a share from 0 to 1")]
    [InlineData(ApplicationInsights, "https://planted", "begins with InstrumentationKey=")]
    public void A_setting_that_can_not_be_stops_the_start_and_says_what_it_should_be(string setting, string value, string said)
    {
        using var host = Compose((setting, value));

        var refused = Assert.Throws<OptionsValidationException>(host.Services.GetRequiredService<IStartupValidator>().Validate);

        Assert.Contains(setting, refused.Message, StringComparison.Ordinal);
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("planted", refused.Message, StringComparison.Ordinal);
    }

    private IHost Compose(params (string Name, string? Value)[] settings) =>
        Compose(services => services.AddSingleton<TokenCredential>(credential), settings);

    /// <summary>The service as it is, for nobody.</summary>
    internal static IHost Compose(Action<IServiceCollection> more, params (string Name, string? Value)[] settings)
    {
        var builder = FunctionsApplication.CreateBuilder([]);
        builder.Configuration.AddInMemoryCollection(
        [
            new("Atp:Storage:TableEndpoint", "https://a.table.core.windows.net"), new("Atp:Storage:BlobEndpoint", "https://a.blob.core.windows.net"),
            new("Atp:Storage:QueueEndpoint", "https://a.queue.core.windows.net"), new("Atp:KeyVault:Endpoint", "https://v.vault.azure.net"),
            new("Atp:Entra:Authority", "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0"), new("Atp:Entra:Audience", "a"),
            .. settings.Select(s => new KeyValuePair<string, string?>(s.Name, s.Value)),
        ]);
        builder.Logging.ClearProviders();
        builder.UseFunctionsFrom(typeof(AtpFunctions).Assembly);
        builder.AddAtp();
        more(builder.Services);
        return builder.Build();
    }

    private sealed class NoCredential : TokenCredential
    {
        public int Asked { get; private set; }

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Asked++;
            throw new InvalidOperationException("Nobody is to be called here.");
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }
}
