using Atp.Core.Devices;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Devices;

/// <summary>Blocks a device.</summary>
public sealed class BlockDeviceFunction(DeviceService devices)
{
    [Function("BlockDevice")]
    [AdministratorAccess(Roles.DevicesReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "devices/{deviceId}/block")] HttpRequest request,
        string deviceId,
        CancellationToken ct)
    {
        await devices.SetBlockedAsync(DeviceId.Parse(deviceId), blocked: true, request.Caller(), ct);
        return TypedResults.NoContent();
    }
}
