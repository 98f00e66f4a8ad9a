using Atp.Core.Devices;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Devices;

/// <summary>The devices of a query: all in use, or those behind a figure or a status; or all that are retired.</summary>
public sealed class ListDevicesFunction(DeviceService devices)
{
    [Function("ListDevices")]
    [AdministratorAccess(Roles.DevicesReadWrite, Roles.DeploymentsReadWrite, Roles.PoliciesRead)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "devices")] HttpRequest request,
        CancellationToken ct)
    {
        var query = new DeviceQuery(request.QueryText("scope"), request.QueryText("health"), request.QueryText("deploymentId"),
            request.QueryText("status"), request.QueryText("name"), request.QueryFlag("retired"));
        var page = await devices.ListAsync(query, request.PageSize(), request.Continuation(), ct);
        return request.Listed(page.Select(DeviceAnswer.InList));
    }
}
