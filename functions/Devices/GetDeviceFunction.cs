using Atp.Core.Devices;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Devices;

/// <summary>One device: its facts, and what they mean.</summary>
public sealed class GetDeviceFunction(DeviceService devices)
{
    [Function("GetDevice")]
    [AdministratorAccess(Roles.DevicesReadWrite, Roles.DeploymentsReadWrite, Roles.PoliciesRead)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "devices/{deviceId}")] HttpRequest request,
        string deviceId,
        CancellationToken ct)
    {
        return request.Answer(DeviceAnswer.Of(await devices.GetAsync(DeviceId.Parse(deviceId), ct)));
    }
}
