using Atp.Core.Devices;
using Atp.Core.Errors;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Devices;

/// <summary>Imports an inventory as it streams in.</summary>
public sealed class ImportDevicesFunction(InventoryImport import)
{
    [Function("ImportDevices")]
    [AdministratorAccess(Roles.DevicesReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "devices/import")] HttpRequest request,
        CancellationToken ct)
    {
        var rows = request.ContentType?.Split(';')[0].Trim() switch
        {
            "application/x-ndjson" => InventoryFormats.ReadNdjsonAsync(request.Body, ct),
            "text/csv" => InventoryFormats.ReadCsvAsync(request.Body, ct),
            _ => throw new DomainError(ErrorKind.UnsupportedContent, "body.content-type",
                "Send the inventory as application/x-ndjson or text/csv.").ToException(),
        };
        return request.Answer(await import.ImportAsync(rows, ct));
    }
}
