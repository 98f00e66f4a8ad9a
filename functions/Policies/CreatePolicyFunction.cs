using Atp.Core.Policies;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Policies;

/// <summary>Creates a policy from a multipart form with the file, or JSON with the file in base64.</summary>
public sealed class CreatePolicyFunction(PolicyService policies, TimeProvider clock)
{
    [Function("CreatePolicy")]
    [AdministratorAccess(Roles.PoliciesReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "policies")] HttpRequest request,
        CancellationToken ct)
    {
        var (command, change) = await request.ReadCreatePolicyAsync(ct);
        var policy = await policies.CreateAsync(command, change, ct);
        return request.Created($"/api/policies/{policy.Id}", PolicyAnswer.Of(policy, clock.GetUtcNow()), policy.Current.Revision);
    }
}
