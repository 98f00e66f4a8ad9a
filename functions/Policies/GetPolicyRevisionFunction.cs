using System.Globalization;
using Atp.Core.Errors;
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
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "policies/{policyId}/revisions/{revision}")] HttpRequest request,
        string policyId,
        string revision,
        CancellationToken ct)
    {
        return request.Answer(PolicyRevisionAnswer.Of(await policies.RevisionAsync(policyId, RevisionOf(revision), ct), clock.GetUtcNow()));
    }

    /// <summary>In digits only: a revision has one address, and not others with a sign, spaces or zeros before it.</summary>
    private static int RevisionOf(string text) => text is not ['0', ..] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
        ? revision
        : throw DomainError.NotFound("policy.revision-not-found", "The policy has no such revision; revisions are numbered from 1.").ToException();
}
