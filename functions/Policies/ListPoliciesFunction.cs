using Atp.Core.Policies;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Policies;

/// <summary>All policies, best order first; or those that are deleted and can be recovered.</summary>
public sealed class ListPoliciesFunction(PolicyService policies, PolicyRemoval removal, TimeProvider clock)
{
    [Function("ListPolicies")]
    [AdministratorAccess(Roles.PoliciesRead, Roles.PoliciesReadWrite, Roles.DeploymentsReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "policies")] HttpRequest request,
        CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        return request.Listed(request.QueryFlag("deleted")
            ? request.PageOf(await removal.ListDeletedAsync(ct)).Select(policy => PolicyAnswer.Of(policy, now))
            : request.PageOf(await policies.ListAsync(ct)).Select(policy => PolicyAnswer.Of(policy, now)));
    }
}
