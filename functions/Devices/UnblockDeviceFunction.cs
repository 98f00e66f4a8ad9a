using Atp.Core.Devices;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Devices;

/// <summary>Lets a blocked device in again.</summary>
public sealed class UnblockDeviceFunction(DeviceService devices)
{
    [Function("UnblockDevice")]
    [AdministratorAccess(Roles.DevicesReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "devices/{deviceId}/unblock")] HttpRequest request,
        string deviceId,
        CancellationToken ct)
    {
        await devices.SetBlockedAsync(DeviceId.Parse(deviceId), blocked: false, request.Caller(), ct);
        return TypedResults.NoContent();
    }
}
