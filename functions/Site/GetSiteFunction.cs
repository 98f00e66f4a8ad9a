using Atp.Core.Site;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Site;

/// <summary>The prerequisites: what there is, and what is not as it should be.</summary>
public sealed class GetSiteFunction(SiteStatusService site, TimeProvider clock)
{
    [Function("GetSite")]
    [AdministratorAccess(
        Roles.PoliciesRead, Roles.PoliciesReadWrite, Roles.DeploymentsReadWrite, Roles.DevicesReadWrite, Roles.HealthRead, Roles.AuditRead)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "site")] HttpRequest request,
        CancellationToken ct)
    {
        return request.Answer(SiteAnswer.Of(await site.GetAsync(ct), request.Administrator().Roles, clock.GetUtcNow()));
    }
}
