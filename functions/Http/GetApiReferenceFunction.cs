using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Http;

/// <summary>The page that shows the description of the API to people: Swagger UI, all of it from here.</summary>
public static class GetApiReferenceFunction
{
    /// <summary>
    /// It may run and show what comes from here, and ask only here. Swagger UI sets styles on elements and draws with images in its
    /// style sheet.
    /// </summary>
    internal const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    [Function("GetApiReference")]
    [PublicAccess]
    public static IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "docs")] HttpRequest request) =>
        request.Embedded("docs/index.html", ContentSecurityPolicy);
}
