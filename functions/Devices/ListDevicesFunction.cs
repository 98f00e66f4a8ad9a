using Atp.Core.Devices;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Devices;

/// <summary>All devices in use; with <c>retired=true</c>, those that are retired.</summary>
public sealed class ListDevicesFunction(DeviceService devices)
{
    [Function("ListDevices")]
    [AdministratorAccess(Roles.DevicesReadWrite, Roles.DeploymentsReadWrite, Roles.PoliciesRead)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "devices")] HttpRequest request,
        CancellationToken ct)
    {
        var page = await devices.ListAsync(request.PageSize(), request.Continuation(), request.QueryFlag("retired"), ct);
        return request.Listed(page.Select(DeviceAnswer.InList));
    }
}
