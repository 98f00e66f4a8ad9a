using Atp.Core.Errors;
using Atp.Core.Health;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Health;

/// <summary>How far a roll-up is.</summary>
public sealed class GetRollUpFunction(RollUpService rollUps)
{
    [Function("GetRollUp")]
    [AdministratorAccess(Roles.HealthRead, Roles.DeploymentsReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "health/rollups/{rollUpId}")] HttpRequest request,
        string rollUpId,
        CancellationToken ct)
    {
        var rollUp = await rollUps.FindAsync(rollUpId, ct)
            ?? throw DomainError.NotFound("rollup.not-found", "There is no such roll-up; they are kept for a day.").ToException();
        return request.Answer(RollUpAnswer.Of(rollUp, rollUps));
    }
}
