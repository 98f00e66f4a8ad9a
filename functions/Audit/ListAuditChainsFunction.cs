using Atp.Core.Audit;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Audit;

/// <summary>Verifies the chains of the audit, one after the other.</summary>
public sealed class ListAuditChainsFunction(AuditReader audit)
{
    [Function("ListAuditChains")]
    [AdministratorAccess(Roles.AuditRead)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "audit/chains")] HttpRequest request,
        CancellationToken ct)
    {
        var page = await audit.ChainsAsync(request.QueryTime("from"), request.QueryTime("to"), request.PageSize(), request.Continuation(), ct);
        return request.Listed(page.Select(AuditChainAnswer.Of));
    }
}
