using Atp.Core.Deployments;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Deployments;

/// <summary>One deployment: how far its fan-out is, and its statuses as of the last roll-up.</summary>
public sealed class GetDeploymentFunction(DeploymentService deployments)
{
    [Function("GetDeployment")]
    [AdministratorAccess(Roles.DeploymentsReadWrite, Roles.PoliciesRead, Roles.HealthRead)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "deployments/{deploymentId}")] HttpRequest request,
        string deploymentId,
        CancellationToken ct)
    {
        var progress = await deployments.GetAsync(deploymentId, ct);
        return request.Answer(DeploymentAnswer.Of(progress), progress.Deployment.Revision);
    }
}
