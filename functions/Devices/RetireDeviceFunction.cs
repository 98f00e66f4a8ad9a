using Atp.Core.Devices;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Devices;

/// <summary>Takes a device out of use: nothing targets or counts it any more.</summary>
public sealed class RetireDeviceFunction(DeviceLife life, DeviceService devices)
{
    [Function("RetireDevice")]
    [AdministratorAccess(Roles.DevicesReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "devices/{deviceId}/retire")] HttpRequest request,
        string deviceId,
        CancellationToken ct)
    {
        var id = DeviceId.Parse(deviceId);
        var (command, change) = await request.ReadJsonAsync<RetireDevice>(ct);
        await life.RetireAsync(id, command, change.Caller, ct);
        return request.Answer(DeviceAnswer.Of(await devices.GetAsync(id, ct)));
    }
}
