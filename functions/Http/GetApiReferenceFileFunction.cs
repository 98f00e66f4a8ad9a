using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Http;

/// <summary>Scripts and styles of that page.</summary>
public static class GetApiReferenceFileFunction
{
    [Function("GetApiReferenceFile")]
    [PublicAccess]
    public static IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "docs/{file}")] HttpRequest request, string file) =>
        request.Embedded($"docs/{file}", GetApiReferenceFunction.ContentSecurityPolicy);
}
