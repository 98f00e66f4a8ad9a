using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using OpenTelemetry.Trace;

namespace Atp.Functions.Telemetry;

/// <summary>Where telemetry goes, by the variables that Azure and OpenTelemetry give these names. Nowhere: none is collected.</summary>
public sealed class TelemetryOptions : IValidatableObject
{
    private const string ConnectionStringName = "APPLICATIONINSIGHTS_CONNECTION_STRING";
    private const string OtlpEndpointName = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string OtlpProtocolName = "OTEL_EXPORTER_OTLP_PROTOCOL";
    private const string SamplerName = "OTEL_TRACES_SAMPLER";
    private const string SamplerArgumentName = "OTEL_TRACES_SAMPLER_ARG";

    /// <summary>Of Application Insights. It names the place; who sends is the app's managed identity.</summary>
    [ConfigurationKeyName(ConnectionStringName)]
    public string? ConnectionString { get; set; }

    /// <summary>Of an OpenTelemetry collector.</summary>
    [ConfigurationKeyName(OtlpEndpointName)]
    public string? OtlpEndpoint { get; set; }

    [ConfigurationKeyName(OtlpProtocolName)]
    public string? OtlpProtocol { get; set; }

    /// <summary>Which traces are kept; null: <see cref="DefaultSampler"/>, and of those <see cref="TracedFunction.OneTraceIn"/>.</summary>
    [ConfigurationKeyName(SamplerName)]
    public string? TracesSampler { get; set; }

    /// <summary>The share that the samplers by ratio keep; null: all.</summary>
    [ConfigurationKeyName(SamplerArgumentName)]
    public string? TracesSamplerArgument { get; set; }

    public bool ToApplicationInsights => !string.IsNullOrWhiteSpace(ConnectionString);

    public bool ToCollector => !string.IsNullOrWhiteSpace(OtlpEndpoint);

    public bool IsOn => ToApplicationInsights || ToCollector;

    /// <summary>Whether nobody chose a sampler.</summary>
    public bool SamplesByDefault => string.IsNullOrWhiteSpace(TracesSampler);

    private double? Ratio => string.IsNullOrWhiteSpace(TracesSamplerArgument) ? 1
        : double.TryParse(TracesSamplerArgument, NumberStyles.Float, CultureInfo.InvariantCulture, out var ratio) && ratio is >= 0 and <= 1 ? ratio
        : null;

    /// <summary>The one that was chosen. The exporter of Application Insights would put its own in the place of OpenTelemetry's.</summary>
    /// <returns>Null when there is none of this name.</returns>
    public Sampler? Sampler() => TracesSampler?.Trim().ToLowerInvariant() switch
    {
        null or "" => new ParentBasedSampler(new DefaultSampler()),
        "always_on" => new AlwaysOnSampler(),
        "always_off" => new AlwaysOffSampler(),
        "traceidratio" => new TraceIdRatioBasedSampler(Ratio ?? 1),
        "parentbased_always_on" => new ParentBasedSampler(new AlwaysOnSampler()),
        "parentbased_always_off" => new ParentBasedSampler(new AlwaysOffSampler()),
        "parentbased_traceidratio" => new ParentBasedSampler(new TraceIdRatioBasedSampler(Ratio ?? 1)),
        _ => null,
    };

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ToApplicationInsights && !ConnectionString!.Contains("InstrumentationKey=", StringComparison.OrdinalIgnoreCase))
        {
            yield return new($"{ConnectionStringName} is no connection string of Application Insights; it begins with InstrumentationKey=.");
        }

        if (ToCollector && !(Uri.TryCreate(OtlpEndpoint, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"))
        {
            yield return new($"{OtlpEndpointName} is '{OtlpEndpoint}'; it is a collector's address, such as http://localhost:4317.");
        }

        if (OtlpProtocol is not (null or "" or "grpc" or "http/protobuf"))
        {
            yield return new($"{OtlpProtocolName} is '{OtlpProtocol}'; it is grpc or http/protobuf.");
        }

        if (Sampler() is null)
        {
            yield return new($"{SamplerName} is '{TracesSampler}'; it is always_on, always_off, traceidratio, or one of these with parentbased_ before it.");
        }

        if (Ratio is null)
        {
            yield return new($"{SamplerArgumentName} is '{TracesSamplerArgument}'; it is a share from 0 to 1, such as 0.05.");
        }
    }
}

/// <summary>
/// Of what begins here, invocations: what the process does for itself, at its start above all, makes no traces of one request each.
/// Those are the Azure SDK's, which names its spans after class and method, and the request below.
/// </summary>
internal sealed class DefaultSampler : Sampler
{
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) => new(
        samplingParameters.Kind switch
        {
            ActivityKind.Server or ActivityKind.Consumer => true,
            ActivityKind.Internal => !samplingParameters.Name.Contains('.', StringComparison.Ordinal),
            _ => false,
        }
            ? SamplingDecision.RecordAndSample
            : SamplingDecision.Drop);
}
