using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Trace;

namespace Microsoft.Azure.Functions.Worker.OpenTelemetry;

public static class ConfigureFunctionsOpenTelemetry
{
    /// <summary>
    /// What the host adds to the app's telemetry. The genuine host traces HTTP calls in a process of its own; here they come to this
    /// one. That a function was executed is a span, so no line of the log says it again.
    /// </summary>
    public static IOpenTelemetryBuilder UseFunctionsWorkerDefaults(this IOpenTelemetryBuilder builder)
    {
        builder.Services.Configure<LoggerFilterOptions>(filters => filters.AddFilter<OpenTelemetryLoggerProvider>("Atp.SelfHost", LogLevel.Warning));
        return builder.WithTracing(tracing => tracing.AddAspNetCoreInstrumentation());
    }
}
