using Atp.Core.Deployments;
using Atp.Core.Policies;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Policies;

/// <summary>What a move in the order would change for which devices; changes nothing.</summary>
public sealed class PreviewPolicyOrderFunction(OrderPreviews previews)
{
    [Function("PreviewPolicyOrder")]
    [AdministratorAccess(Roles.PoliciesRead, Roles.PoliciesReadWrite, Roles.DeploymentsReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "policies/{policyId}/order/preview")] HttpRequest request,
        string policyId,
        CancellationToken ct)
    {
        var (command, _) = await request.ReadJsonAsync<MovePolicy>(ct);
        return request.Answer(await previews.PreviewAsync(policyId, command.Move, ct));
    }
}
