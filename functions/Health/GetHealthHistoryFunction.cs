using Atp.Core.Health;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Health;

/// <summary>One scope's figures by hour, oldest first.</summary>
public sealed class GetHealthHistoryFunction(HealthQueries health)
{
    [Function("GetHealthHistory")]
    [AdministratorAccess(Roles.HealthRead)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "health/history")] HttpRequest request,
        CancellationToken ct)
    {
        var scope = request.Query["scope"].ToString();
        var hours = await health.HistoryAsync(
            scope.Length == 0 ? ScopeFigures.Site : scope, request.QueryTime("from"), request.QueryTime("to"), ct);
        return request.Listed(request.PageOf(hours).Select(FiguresAnswer.Of));
    }
}
