using Atp.Core.Health;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Health;

/// <summary>Counts the fleet now.</summary>
public sealed class StartRollUpFunction(RollUpService rollUps)
{
    [Function("StartRollUp")]
    [AdministratorAccess(Roles.HealthRead, Roles.DeploymentsReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "health/rollup")] HttpRequest request,
        CancellationToken ct)
    {
        var rollUp = await rollUps.StartAsync(request.Caller(), ct);
        return request.Accepted($"/api/health/rollups/{rollUp.Id}", RollUpAnswer.Of(rollUp, rollUps));
    }
}
