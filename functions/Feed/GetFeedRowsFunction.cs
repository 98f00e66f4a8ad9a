using Atp.Core.Errors;
using Atp.Core.Health;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Feed;

/// <summary>The rows of a table that analysts read, a page at a time.</summary>
public sealed class GetFeedRowsFunction(ReportingQueries reporting)
{
    [Function("GetFeedRows")]
    [AdministratorAccess(Roles.HealthRead)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "feed/{entitySet}")] HttpRequest request,
        string entitySet,
        CancellationToken ct)
    {
        var table = ReportingTables.All.FirstOrDefault(t => t.Name == entitySet)
            ?? throw DomainError.NotFound("feed.entity-set-not-found", "The feed has no such entity set.").ToException();
        var query = FeedQuery.Parse(table, request.Query);
        return FeedAnswer.Rows(request, query, await reporting.ReadAsync(query.Rows, ct));
    }
}
