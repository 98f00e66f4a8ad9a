using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Http;

/// <summary>The page that shows the description of the API to people: Swagger UI, all of it from here.</summary>
public static class GetApiReferenceFunction
{
    [Function("GetApiReference")]
    [PublicAccess]
    public static IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "docs")] HttpRequest request) =>
        request.Embedded("docs/index.html");
}
