using Microsoft.Extensions.DependencyInjection;

namespace Atp.Core.Poison;

public static class PoisonServices
{
    public static IServiceCollection AddAtpPoison(this IServiceCollection services) => services.AddSingleton<PoisonQueues>();
}
