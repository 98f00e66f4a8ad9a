using Atp.Core.Devices;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Devices;

/// <summary>Hands out the keys of many devices, once each.</summary>
public sealed class EnrollDevicesFunction(BulkEnrollment devices)
{
    [Function("EnrollDevices")]
    [AdministratorAccess(Roles.DevicesReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "devices/enroll")] HttpRequest request,
        CancellationToken ct)
    {
        var (command, change) = await request.ReadJsonAsync<EnrollDevices>(ct);
        return request.Answer(await devices.EnrollAsync(command, change, ct));
    }
}
