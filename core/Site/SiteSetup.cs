using Atp.Core.Storage;
using Microsoft.Extensions.Hosting;

namespace Atp.Core.Site;

/// <summary>Before anything is served: tables, queues and container are there, and the site is the one that the settings mean.</summary>
public sealed class SiteSetup(StorageClients storage, SiteTable site, SiteSettings settings) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await storage.EnsureCreatedAsync(cancellationToken);
        await site.EnsureSettingsAsync(settings, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
