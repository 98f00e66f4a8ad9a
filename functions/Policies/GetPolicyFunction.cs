using Atp.Core.Policies;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Policies;

/// <summary>One policy; never its file or key.</summary>
public sealed class GetPolicyFunction(PolicyService policies, TimeProvider clock)
{
    [Function("GetPolicy")]
    [AdministratorAccess(Roles.PoliciesRead, Roles.PoliciesReadWrite, Roles.DeploymentsReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "policies/{policyId}")] HttpRequest request,
        string policyId,
        CancellationToken ct)
    {
        var policy = await policies.GetAsync(policyId, ct);
        return request.Answer(PolicyAnswer.Of(policy, clock.GetUtcNow()), policy.Current.Revision);
    }
}
