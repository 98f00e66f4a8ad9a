using Atp.Core.Health;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Health;

/// <summary>The newest figures: onboarding status and agent health.</summary>
public sealed class GetHealthSummaryFunction(HealthQueries health)
{
    [Function("GetHealthSummary")]
    [AdministratorAccess(Roles.HealthRead)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "health/summary")] HttpRequest request,
        CancellationToken ct)
    {
        var kinds = request.QueryText("scopeKind")?.Split(',');
        return request.Answer(HealthSummaryAnswer.Of(await health.SummaryAsync(kinds, request.QueryNumber("historyDays"), ct)));
    }
}
