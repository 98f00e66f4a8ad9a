using Atp.Core.Storage;
using Atp.Core.Telemetry;
using Microsoft.Extensions.DependencyInjection;

namespace Atp.Core.Devices;

public static class DeviceServices
{
    public static IServiceCollection AddAtpDevices(this IServiceCollection services) => services
        .AddSingleton<ShardMap>()
        .AddSingleton(s => new FleetTable(
            s.GetRequiredService<StorageClients>().Table(TableNames.Fleet), s.GetRequiredService<ShardMap>(), s.GetRequiredService<AtpMetrics>()))
        .AddSingleton<FleetChanges>()
        .AddSingleton<MemberCounts>()
        .AddSingleton<InventoryImport>()
        .AddSingleton<BulkEnrollment>()
        .AddSingleton<DeviceLife>()
        .AddSingleton<DeviceService>();
}
