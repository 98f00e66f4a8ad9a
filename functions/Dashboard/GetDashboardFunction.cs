using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;

namespace Atp.Functions.Dashboard;

/// <summary>The dashboard page. What it shows it asks the API for, with the token of whoever signs in to it.</summary>
public sealed class GetDashboardFunction(IOptions<EntraOptions> entra)
{
    [Function("GetDashboard")]
    [PublicAccess]
    public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "dashboard")] HttpRequest request) =>
        // Its files lie below: without the slash at the end a browser would look for them beside it.
        request.Path.Value!.EndsWith('/')
            ? request.Embedded("dashboard/index.html", entra.Value.DashboardPolicy())
            : TypedResults.Redirect($"{request.Path.Value}/");
}
