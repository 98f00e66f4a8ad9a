using Atp.Core.Deployments;
using Atp.Core.Storage;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Deployments;

/// <summary>All deployments, newest first; told so, each with how far it is and its statuses.</summary>
public sealed class ListDeploymentsFunction(DeploymentService deployments)
{
    [Function("ListDeployments")]
    [AdministratorAccess(Roles.DeploymentsReadWrite, Roles.PoliciesRead, Roles.HealthRead)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "deployments")] HttpRequest request,
        CancellationToken ct)
    {
        var details = request.QueryFlag("details");
        bool? ended = request.QueryText("ended") is null ? null : request.QueryFlag("ended");
        var all = await deployments.ListAsync(ended, request.QueryText("policyId"), ct);
        var page = request.PageOf(all, details ? HttpExtensions.MaxDetailedPageSize : HttpExtensions.MaxPageSize);
        return details
            ? request.Listed(new Page<DeploymentProgress>(await deployments.ProgressAsync(page.Items, ct), page.Continuation).Select(DeploymentAnswer.Of))
            : request.Listed(page.Select(DeploymentSummary.Of));
    }
}
