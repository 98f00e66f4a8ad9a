using Atp.Core.Deployments;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Deployments;

/// <summary>Deploys a policy to collections; the fan-out goes on after the answer.</summary>
public sealed class CreateDeploymentFunction(DeploymentService deployments)
{
    [Function("CreateDeployment")]
    [AdministratorAccess(Roles.DeploymentsReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "deployments")] HttpRequest request,
        CancellationToken ct)
    {
        var (command, change) = await request.ReadJsonAsync<CreateDeployment>(ct);
        var progress = await deployments.CreateAsync(command, change, ct);
        return request.Accepted($"/api/deployments/{progress.Deployment.Id}", DeploymentAnswer.Of(progress), progress.Deployment.Revision);
    }
}
