using Microsoft.Extensions.DependencyInjection;

namespace Atp.Core.Agent;

public static class AgentServices
{
    public static IServiceCollection AddAtpAgent(this IServiceCollection services) => services
        .AddSingleton<EnrollmentKeys>()
        .AddSingleton<EnrollmentKeyRotation>()
        .AddSingleton<DeviceCredentials>()
        .AddSingleton<ReportChannel>()
        .AddSingleton<AgentService>()
        .AddSingleton<ReportService>();
}
