using Atp.Core.Storage;
using Microsoft.Extensions.Hosting;

namespace Atp.Core.Site;

/// <summary>Before anything is served: tables, queues and container are there, and the site is the one that the settings mean.</summary>
public sealed class SiteSetup(StorageClients storage, SiteTable site, SiteSettings settings) : IHostedLifecycleService
{
    /// <summary>Before any hosted service starts: the genuine worker is one, registered earlier, and takes work as soon as it starts.</summary>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await storage.EnsureCreatedAsync(cancellationToken);
        await site.EnsureSettingsAsync(settings, cancellationToken);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
