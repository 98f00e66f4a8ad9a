using Atp.Local;
using Atp.SelfHost;
using Atp.SelfHost.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Atp.Infra.Tests.SelfHost;

/// <summary>A host of some functions in this process.</summary>
internal sealed class RunningHost : IAsyncDisposable
{
    private readonly IHost host;
    private bool stopped;

    private RunningHost(IHost host, Journal journal)
    {
        (this.host, Journal) = (host, journal);
        Client = new HttpClient
        {
            BaseAddress = new Uri(host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()),
        };
    }

    public Journal Journal { get; }

    public HttpClient Client { get; }

    public static async Task<RunningHost> StartAsync(
        StorageAccount account, Type[] functions, Dictionary<string, string?>? settings = null, TimeProvider? clock = null,
        Action<FunctionsApplicationBuilder>? configure = null)
    {
        var journal = new Journal();
        var host = Build(account, functions, settings, builder =>
        {
            builder.Services.AddSingleton(journal);
            if (clock is not null)
            {
                builder.Services.AddSingleton(new HostClock(clock));
            }

            configure?.Invoke(builder);
        });
        await host.StartAsync(TestContext.Current.CancellationToken);
        return new RunningHost(host, journal);
    }

    /// <summary>Throws what is wrong with the functions.</summary>
    public static IHost Build(
        StorageAccount? account, Type[] functions, Dictionary<string, string?>? settings = null, Action<FunctionsApplicationBuilder>? configure = null)
    {
        var builder = FunctionsApplication.CreateBuilder([]);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["urls"] = "http://127.0.0.1:0",
            ["AzureWebJobsStorage"] = account?.ConnectionString,
            ["AzureFunctionsJobHost:extensions:queues:messageEncoding"] = "none",
            ["AzureFunctionsJobHost:extensions:queues:maxPollingInterval"] = "00:00:00.100",
        });
        builder.Configuration.AddInMemoryCollection(settings ?? []);
        builder.Logging.ClearProviders();
        builder.UseFunctions(functions);
        builder.ConfigureFunctionsWebApplication();
        configure?.Invoke(builder);
        return builder.Build();
    }

    public async Task StopAsync(CancellationToken ct)
    {
        stopped = true;
        await host.StopAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        Journal.Release();
        Client.Dispose();
        if (!stopped)
        {
            await host.StopAsync(TestContext.Current.CancellationToken);
        }

        host.Dispose();
    }
}
