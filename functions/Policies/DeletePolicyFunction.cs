using Atp.Core.Policies;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Policies;

/// <summary>Deletes a policy that no deployment in force uses; it can be recovered for some days.</summary>
public sealed class DeletePolicyFunction(PolicyRemoval removal)
{
    [Function("DeletePolicy")]
    [AdministratorAccess(Roles.PoliciesReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "policies/{policyId}")] HttpRequest request,
        string policyId,
        CancellationToken ct)
    {
        await removal.DeleteAsync(policyId, request.RequireRevision(), request.EmptyChange(), ct);
        return TypedResults.NoContent();
    }
}
