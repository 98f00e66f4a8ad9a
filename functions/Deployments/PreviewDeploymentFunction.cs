using Atp.Core.Deployments;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Deployments;

/// <summary>What a deployment would come to, before there is one; takes the same body, and changes nothing.</summary>
public sealed class PreviewDeploymentFunction(DeploymentPreviews previews)
{
    [Function("PreviewDeployment")]
    [AdministratorAccess(Roles.DeploymentsReadWrite, Roles.PoliciesRead)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "deployments/preview")] HttpRequest request,
        CancellationToken ct)
    {
        var (command, _) = await request.ReadJsonAsync<CreateDeployment>(ct);
        return request.Answer(await previews.PreviewAsync(command, ct));
    }
}
