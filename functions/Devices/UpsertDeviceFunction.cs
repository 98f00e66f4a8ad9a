using Atp.Core.Devices;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Devices;

/// <summary>Creates a device or changes its inventory. Inventory is facts, not an edit, so it takes no If-Match.</summary>
public sealed class UpsertDeviceFunction(DeviceService devices)
{
    [Function("UpsertDevice")]
    [AdministratorAccess(Roles.DevicesReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "devices/{deviceId}")] HttpRequest request,
        string deviceId,
        CancellationToken ct)
    {
        var id = DeviceId.Parse(deviceId);
        var (inventory, _) = await request.ReadJsonAsync<InventoryInput>(ct);
        return request.Answer(DeviceAnswer.Of(await devices.UpsertAsync(id, inventory, request.Caller(), ct)));
    }
}
