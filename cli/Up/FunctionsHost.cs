using Atp.Cli.Samples;
using Atp.Functions;
using Atp.Local;
using Atp.SelfHost;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Atp.Cli.Up;

/// <summary>The functions app in this process, composed as in its own Program.cs.</summary>
internal static class FunctionsHost
{
    /// <summary>Nobody pays for polls here, and somebody waits.</summary>
    private const string PollingInterval = "00:00:00.250";

    /// <exception cref="CommandException">One line that says why it can't start.</exception>
    public static async Task<IHost> StartAsync(LocalStack stack, SampleFiles samples, int port, FunctionsLog log, CancellationToken ct)
    {
        var builder = FunctionsApplication.CreateBuilder([]);
        builder.Configuration.AddInMemoryCollection(stack.Settings(stack.Azurite.Accounts[0]));
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["urls"] = $"http://127.0.0.1:{port}",
            ["AzureFunctionsJobHost:extensions:queues:maxPollingInterval"] = PollingInterval,
            [SampleFiles.RootSetting] = samples.Root,
        });
        builder.Logging.ClearProviders().AddProvider(log.Provider)
            .AddFilter("Microsoft.AspNetCore", LogLevel.Warning) // three lines a request otherwise
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical); // a start that fails is said below, in one line
        builder.ConfigureFunctionsWebApplication();
        builder.UseFunctionsFrom(typeof(AtpFunctions).Assembly);
        builder.AddAtp();
        IHost? host = null;
        try
        {
            host = builder.Build();
            await host.StartAsync(ct);
            return host;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            host?.Dispose();
            throw new CommandException(
                e is IOException
                    ? $"The functions could not start: {OneLine(e.Message)} Stop what uses port {port}, or choose another one with --port."
                    : $"The functions could not start: {OneLine(e.Message)}",
                e);
        }
    }

    public static Uri AddressOf(IHost host) => new(
        host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
}
