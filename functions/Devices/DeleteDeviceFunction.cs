using Atp.Core.Devices;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Devices;

/// <summary>Deletes a device; it counts nowhere any more.</summary>
public sealed class DeleteDeviceFunction(DeviceService devices)
{
    [Function("DeleteDevice")]
    [AdministratorAccess(Roles.DevicesReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "devices/{deviceId}")] HttpRequest request,
        string deviceId,
        CancellationToken ct)
    {
        await devices.DeleteAsync(DeviceId.Parse(deviceId), request.Caller(), ct);
        return TypedResults.NoContent();
    }
}
