using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Feed;

/// <summary>The types of the feed, for those that read it.</summary>
public static class GetFeedMetadataFunction
{
    [Function("GetFeedMetadata")]
    [AdministratorAccess(Roles.HealthRead)]
    public static IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "feed/$metadata")] HttpRequest request) => FeedAnswer.Metadata(request);
}
