using System.ComponentModel.DataAnnotations;
using Atp.SelfHost.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Atp.SelfHost.Hosting;

/// <summary>Puts the process together: functions found and checked, HTTP mapped, listeners to start.</summary>
internal static class SelfHostApplication
{
    private const string DefaultAddress = "http://127.0.0.1:7071";

    public static WebApplication Build(
        WebApplicationBuilder web, FunctionSources sources, IReadOnlyList<Func<FunctionExecutionDelegate, FunctionExecutionDelegate>> middleware)
    {
        var configuration = web.Configuration;
        var found = FunctionCatalog.Find(sources.Types, configuration);
        var functions = found.Where(f => !FunctionCatalog.IsDisabled(f, configuration)).ToList();
        var assembly = sources.Types.Select(t => t.Assembly).FirstOrDefault();
        var settings = ReadSettings(configuration, assembly?.GetName().Name ?? "functions");

        web.Services.TryAddSingleton(new HostClock(TimeProvider.System));
        web.Services.AddRouting();
        web.Services.AddSingleton(settings);
        web.Services.AddSingleton(s => new FunctionInvoker(
            s.GetRequiredService<IServiceScopeFactory>(), settings, s.GetRequiredService<ILogger<FunctionInvoker>>(), middleware));
        web.Services.AddSingleton<HttpFunctions>();
        // Last of the hosted services: what the app sets up at start is there before the first message is taken.
        web.Services.AddHostedService(s => new TriggerHost(functions, s.GetRequiredService<FunctionInvoker>(), settings, configuration,
            s.GetRequiredService<HostClock>(), s.GetRequiredService<ILoggerFactory>()));
        web.WebHost.ConfigureKestrel(Limit);
        if (configuration["urls"] is null)
        {
            configuration["urls"] = DefaultAddress;
        }

        var app = web.Build();
        app.Services.GetRequiredService<HttpFunctions>().Map(app, functions.Where(f => f.Trigger is HttpTriggerAttribute));
        return app;
    }

    /// <summary>
    /// So that callers who are slow, or stuck, hold no connection for long: a body may take as long as the function may, if it comes
    /// at this rate. Sizes of bodies are the functions' to limit. In Azure the front end has limits of its own.
    /// </summary>
    private static void Limit(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestLineSize = 8 * 1024;
        kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        kestrel.Limits.MaxRequestHeaderCount = 64;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(240, TimeSpan.FromSeconds(5));
        kestrel.Limits.MinResponseDataRate = new MinDataRate(240, TimeSpan.FromSeconds(5));
    }

    private static HostSettings ReadSettings(IConfiguration configuration, string assemblyName)
    {
        try
        {
            return HostSettings.Read(configuration, Path.Combine(AppContext.BaseDirectory, "host.json"),
                assemblyName.ToLowerInvariant().Replace('.', '-'));
        }
        catch (Exception e) when (e is ValidationException or InvalidDataException)
        {
            throw new InvalidOperationException($"host.json or AzureFunctionsJobHost settings: {e.Message}", e);
        }
    }
}
