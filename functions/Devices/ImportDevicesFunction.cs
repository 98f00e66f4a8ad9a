using Atp.Core.Devices;
using Atp.Core.Errors;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Devices;

/// <summary>Imports an inventory as it streams in.</summary>
public sealed class ImportDevicesFunction(InventoryImport import)
{
    /// <summary>What the Functions host lets through; some 500,000 devices.</summary>
    private const int MaxBytes = 100 * 1024 * 1024;

    [Function("ImportDevices")]
    [AdministratorAccess(Roles.DevicesReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "devices/import")] HttpRequest request,
        CancellationToken ct)
    {
        request.LimitTo(MaxBytes);
        var rows = request.ContentType?.Split(';')[0].Trim() switch
        {
            "application/x-ndjson" => InventoryFormats.ReadNdjsonAsync(request.Body, ct),
            "text/csv" => InventoryFormats.ReadCsvAsync(request.Body, ct),
            _ => throw new DomainError(ErrorKind.UnsupportedContent, "body.content-type",
                "Send the inventory as application/x-ndjson or text/csv.").ToException(),
        };
        return request.Answer(await import.ImportAsync(rows, request.Caller(), ct));
    }
}
