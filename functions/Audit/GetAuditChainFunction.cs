using Atp.Core.Audit;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Audit;

/// <summary>Verifies one chain of the audit, and says which hash one of its entries has: to compare with one that was kept.</summary>
public sealed class GetAuditChainFunction(AuditReader audit)
{
    [Function("GetAuditChain")]
    [AdministratorAccess(Roles.AuditRead)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "audit/chains/{partition}")] HttpRequest request,
        string partition,
        CancellationToken ct) =>
        request.Answer(AuditChainAnswer.Of(await audit.ChainAsync(partition, request.QueryNumber("sequence"), ct)));
}
