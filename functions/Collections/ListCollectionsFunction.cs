using Atp.Core.Collections;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Collections;

/// <summary>All collections by name.</summary>
public sealed class ListCollectionsFunction(CollectionService collections)
{
    [Function("ListCollections")]
    [AdministratorAccess(Roles.DevicesReadWrite, Roles.DeploymentsReadWrite, Roles.PoliciesRead)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "collections")] HttpRequest request,
        CancellationToken ct)
    {
        var page = request.PageOf(await collections.ListAsync(ct));
        return request.Listed(page.Select(CollectionSummary.Of));
    }
}
