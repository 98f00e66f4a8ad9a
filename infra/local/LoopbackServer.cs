using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Atp.Local;

/// <summary>A web server on 127.0.0.1 that takes nothing from the environment: no ASPNETCORE_URLS, no
/// configuration files, no reaction to Ctrl+C.</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private readonly WebApplication application;
    private bool disposed;

    private LoopbackServer(WebApplication application, Uri address)
    {
        this.application = application;
        Address = address;
    }

    /// <summary>Scheme, 127.0.0.1 and the port it listens on.</summary>
    public Uri Address { get; }

    /// <param name="part">What the server is, for the error message.</param>
    /// <param name="port">Null for any free port.</param>
    /// <param name="certificate">For https; null for http.</param>
    /// <param name="configure">Adds middleware and routes. It may not need the address, which isn't known yet.</param>
    /// <exception cref="LocalStackException">The port is in use.</exception>
    public static async Task<LoopbackServer> StartAsync(
        string part, int? port, X509Certificate2? certificate, Action<WebApplication> configure, CancellationToken ct)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, OwnerDecides>();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port ?? 0, endpoint =>
            {
                if (certificate is not null)
                {
                    endpoint.UseHttps(certificate);
                }
            });
        });

        var application = builder.Build();
        configure(application);
        try
        {
            await application.StartAsync(ct);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            await application.DisposeAsync();
            throw new LocalStackException(part, $"port {port} is in use",
                "Stop the process that listens there, or choose another port.", e);
        }
        return new LoopbackServer(application, new Uri(application.Urls.Single()));
    }

    public async ValueTask DisposeAsync()
    {
        if (disposed)
        {
            return;
        }
        disposed = true;
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        await application.StopAsync(atOnce.Token);
        await application.DisposeAsync();
    }

    /// <summary>In place of the console lifetime, which would end the server at Ctrl+C, before its users are done.</summary>
    private sealed class OwnerDecides : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
