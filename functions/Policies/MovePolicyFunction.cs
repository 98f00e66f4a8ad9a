using Atp.Core.Policies;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Policies;

/// <summary>Moves a policy one place in the order; which devices it holds follows at their next check-in.</summary>
public sealed class MovePolicyFunction(PolicyService policies, TimeProvider clock)
{
    [Function("MovePolicy")]
    [AdministratorAccess(Roles.PoliciesReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "policies/{policyId}/order")] HttpRequest request,
        string policyId,
        CancellationToken ct)
    {
        var revision = request.RequireRevision();
        var (command, change) = await request.ReadJsonAsync<MovePolicy>(ct);
        var policy = await policies.MoveAsync(policyId, command.Move, revision, change, ct);
        return request.Answer(PolicyAnswer.Of(policy, clock.GetUtcNow()), policy.Current.Revision);
    }
}
