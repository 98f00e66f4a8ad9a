using Atp.Core.Policies;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Policies;

/// <summary>One revision of a policy as it was.</summary>
public sealed class GetPolicyRevisionFunction(PolicyService policies, TimeProvider clock)
{
    [Function("GetPolicyRevision")]
    [AdministratorAccess(Roles.PoliciesRead, Roles.PoliciesReadWrite, Roles.DeploymentsReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "policies/{policyId}/revisions/{revision:int}")] HttpRequest request,
        string policyId,
        int revision,
        CancellationToken ct)
    {
        return request.Answer(PolicyRevisionAnswer.Of(await policies.RevisionAsync(policyId, revision, ct), clock.GetUtcNow()));
    }
}
