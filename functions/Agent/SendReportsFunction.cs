using Atp.Core.Agent;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Agent;

/// <summary>Takes a device's reports to the queue, for sites whose proxies allow only one host name.</summary>
public sealed class SendReportsFunction(ReportChannel reports)
{
    [Function("SendReports")]
    [DeviceAccess]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "agent/reports")] HttpRequest request,
        CancellationToken ct)
    {
        await reports.AddAsync(request.DeviceToken(), await request.ReadJsonBytesAsync(ReportMessage.MaxBytes, ct), ct);
        return TypedResults.Accepted((string?)null);
    }
}
