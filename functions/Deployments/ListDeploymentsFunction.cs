using Atp.Core.Deployments;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Deployments;

/// <summary>All deployments, newest first.</summary>
public sealed class ListDeploymentsFunction(DeploymentService deployments)
{
    [Function("ListDeployments")]
    [AdministratorAccess(Roles.DeploymentsReadWrite, Roles.PoliciesRead, Roles.HealthRead)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "deployments")] HttpRequest request,
        CancellationToken ct)
    {
        var page = request.PageOf(await deployments.ListAsync(ct));
        return request.Listed(page.Select(DeploymentSummary.Of));
    }
}
