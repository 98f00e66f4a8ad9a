using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Feed;

/// <summary>The feed of the tables that analysts read: its entity sets.</summary>
public static class GetFeedFunction
{
    [Function("GetFeed")]
    [AdministratorAccess(Roles.HealthRead)]
    public static IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "feed")] HttpRequest request) => FeedAnswer.Document(request);
}
