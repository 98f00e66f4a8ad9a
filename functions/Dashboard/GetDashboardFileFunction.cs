using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;

namespace Atp.Functions.Dashboard;

/// <summary>Scripts and styles of that page.</summary>
public sealed class GetDashboardFileFunction(IOptions<EntraOptions> entra)
{
    [Function("GetDashboardFile")]
    [PublicAccess]
    public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "dashboard/{file}")] HttpRequest request, string file) =>
        request.Embedded($"dashboard/{file}", entra.Value.DashboardPolicy());
}
