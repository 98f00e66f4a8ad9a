using Atp.Core.Policies;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Policies;

/// <summary>All policies, best order first.</summary>
public sealed class ListPoliciesFunction(PolicyService policies, TimeProvider clock)
{
    [Function("ListPolicies")]
    [AdministratorAccess(Roles.PoliciesRead, Roles.PoliciesReadWrite, Roles.DeploymentsReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "policies")] HttpRequest request,
        CancellationToken ct)
    {
        var page = request.PageOf(await policies.ListAsync(ct));
        return request.Listed(page.Select(policy => PolicyAnswer.Of(policy, clock.GetUtcNow())));
    }
}
