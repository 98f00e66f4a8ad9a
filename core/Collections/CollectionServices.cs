using Atp.Core.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Atp.Core.Collections;

public static class CollectionServices
{
    public static IServiceCollection AddAtpCollections(this IServiceCollection services) => services
        .AddSingleton(s => new CollectionTable(s.GetRequiredService<StorageClients>().Table(TableNames.Collections)))
        .AddSingleton(s => new CollectionShardTable(s.GetRequiredService<StorageClients>().Table(TableNames.CollectionShards)))
        .AddSingleton<CollectionEvaluation>()
        .AddSingleton<CollectionService>()
        .AddSingleton<DirectMembers>();
}
