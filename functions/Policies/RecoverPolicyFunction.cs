using Atp.Core.Policies;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Policies;

/// <summary>Brings a deleted policy back as it was, at the end of the order.</summary>
public sealed class RecoverPolicyFunction(PolicyRemoval removal, TimeProvider clock)
{
    [Function("RecoverPolicy")]
    [AdministratorAccess(Roles.PoliciesReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "policies/{policyId}/recover")] HttpRequest request,
        string policyId,
        CancellationToken ct)
    {
        var policy = await removal.RecoverAsync(policyId, request.RequireRevision(), request.EmptyChange(), ct);
        return request.Answer(PolicyAnswer.Of(policy, clock.GetUtcNow()), policy.Current.Revision);
    }
}
