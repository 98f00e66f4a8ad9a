using Atp.Core.Policies;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Policies;

/// <summary>Each revision of a policy as it was, oldest first.</summary>
public sealed class ListPolicyRevisionsFunction(PolicyService policies, TimeProvider clock)
{
    [Function("ListPolicyRevisions")]
    [AdministratorAccess(Roles.PoliciesRead, Roles.PoliciesReadWrite, Roles.DeploymentsReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "policies/{policyId}/revisions")] HttpRequest request,
        string policyId,
        CancellationToken ct)
    {
        var page = request.PageOf(await policies.RevisionsAsync(policyId, ct));
        return request.Listed(page.Select(revision => PolicyRevisionAnswer.Of(revision, clock.GetUtcNow())));
    }
}
