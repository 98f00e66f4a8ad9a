using Atp.Core.Audit;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Audit;

/// <summary>Who did what to which thing, newest first.</summary>
public sealed class ListAuditFunction(AuditReader audit)
{
    [Function("ListAudit")]
    [AdministratorAccess(Roles.AuditRead)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "audit")] HttpRequest request,
        CancellationToken ct)
    {
        var query = new AuditQuery(request.QueryTime("from"), request.QueryTime("to"), request.QueryText("subject"), request.QueryText("caller"),
            request.QueryText("action"), request.QueryText("outcome"), request.QueryText("correlationId"));
        var page = await audit.ListAsync(query, request.PageSize(), request.Continuation(), ct);
        return request.Listed(page.Select(AuditEntryAnswer.Of));
    }
}
