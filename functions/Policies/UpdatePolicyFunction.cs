using Atp.Core.Policies;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Policies;

/// <summary>Changes a policy; what is not sent stays. Devices follow at their next check-in.</summary>
public sealed class UpdatePolicyFunction(PolicyService policies, TimeProvider clock)
{
    [Function("UpdatePolicy")]
    [AdministratorAccess(Roles.PoliciesReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "policies/{policyId}")] HttpRequest request,
        string policyId,
        CancellationToken ct)
    {
        var revision = request.RequireRevision();
        var (edit, change) = await request.ReadEditPolicyAsync(ct);
        var policy = await policies.UpdateAsync(policyId, edit, revision, change, ct);
        return request.Answer(PolicyAnswer.Of(policy, clock.GetUtcNow()), policy.Current.Revision);
    }
}
