using Atp.Core.Devices;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Devices;

/// <summary>Takes a retired device back into use, as it was.</summary>
public sealed class ReinstateDeviceFunction(DeviceLife life, DeviceService devices)
{
    [Function("ReinstateDevice")]
    [AdministratorAccess(Roles.DevicesReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "devices/{deviceId}/reinstate")] HttpRequest request,
        string deviceId,
        CancellationToken ct)
    {
        var id = DeviceId.Parse(deviceId);
        await life.ReinstateAsync(id, request.Caller(), ct);
        return request.Answer(DeviceAnswer.Of(await devices.GetAsync(id, ct)));
    }
}
