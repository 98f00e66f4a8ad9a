using Atp.Core.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Atp.Core.Deployments;

public static class DeploymentServices
{
    public static IServiceCollection AddAtpDeployments(this IServiceCollection services) => services
        .AddSingleton(s => new DeploymentTable(s.GetRequiredService<StorageClients>().Table(TableNames.Deployments)))
        .AddSingleton(s => new DeploymentShardTable(s.GetRequiredService<StorageClients>().Table(TableNames.DeploymentShards)))
        .AddSingleton<DeploymentFanOut>()
        .AddSingleton<DeploymentPreviews>()
        .AddSingleton<OrderPreviews>()
        .AddSingleton<DeploymentService>();
}
