using Atp.Core.Deployments;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Deployments;

/// <summary>Ends a deployment; devices keep what was applied.</summary>
public sealed class EndDeploymentFunction(DeploymentService deployments)
{
    [Function("EndDeployment")]
    [AdministratorAccess(Roles.DeploymentsReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "deployments/{deploymentId}/end")] HttpRequest request,
        string deploymentId,
        CancellationToken ct)
    {
        var (command, change) = await request.ReadJsonAsync<EndDeployment>(ct);
        var progress = await deployments.EndAsync(deploymentId, command, change, ct);
        return request.Answer(DeploymentAnswer.Of(progress), progress.Deployment.Revision);
    }
}
