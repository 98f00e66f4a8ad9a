using Atp.Core.Devices;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Devices;

/// <summary>Hands out a device's key, once.</summary>
public sealed class EnrollDeviceFunction(DeviceService devices)
{
    [Function("EnrollDevice")]
    [AdministratorAccess(Roles.DevicesReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "devices/{deviceId}/enroll")] HttpRequest request,
        string deviceId,
        CancellationToken ct)
    {
        var id = DeviceId.Parse(deviceId);
        var (command, change) = await request.ReadJsonAsync<EnrollDevice>(ct);
        return request.Answer(await devices.EnrollAsync(id, command, change, ct));
    }
}
