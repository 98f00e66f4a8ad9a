using Atp.Core.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Atp.Core.Health;

public static class HealthServices
{
    public static IServiceCollection AddAtpHealth(this IServiceCollection services) => services
        .AddSingleton(s => new RollUpTable(s.GetRequiredService<StorageClients>().Table(TableNames.RollUps)))
        .AddSingleton(s =>
        {
            var storage = s.GetRequiredService<StorageClients>();
            return new HealthTable(storage.Table(TableNames.HealthLatest), storage.Table(TableNames.HealthHistory),
                storage.Table(TableNames.DeploymentLatest));
        })
        .AddSingleton<RollUpService>()
        .AddSingleton<HealthQueries>()
        .AddSingleton<ReportingQueries>()
        .AddSingleton<ReconcileService>();
}
