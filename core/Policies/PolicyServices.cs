using Atp.Core.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Atp.Core.Policies;

public static class PolicyServices
{
    public static IServiceCollection AddAtpPolicies(this IServiceCollection services) => services
        .AddSingleton(s =>
        {
            var storage = s.GetRequiredService<StorageClients>();
            return new PolicyTable(storage.Table(TableNames.Policies), storage.Table(TableNames.PolicyRevisions));
        })
        .AddSingleton(s => new PolicyFiles(s.GetRequiredService<StorageClients>().Onboarding, s.GetRequiredService<TimeProvider>()))
        .AddSingleton<SignatureVerifier>()
        .AddSingleton<PolicyAlarms>()
        .AddSingleton<PolicyMaterial>()
        .AddSingleton<PolicyRemoval>()
        .AddSingleton<PolicyService>();
}
