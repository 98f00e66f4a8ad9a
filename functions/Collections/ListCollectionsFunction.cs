using Atp.Core.Collections;
using Atp.Core.Storage;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Collections;

/// <summary>All collections by name; told so, each with its members' count and how far its evaluation is.</summary>
public sealed class ListCollectionsFunction(CollectionService collections)
{
    [Function("ListCollections")]
    [AdministratorAccess(Roles.DevicesReadWrite, Roles.DeploymentsReadWrite, Roles.PoliciesRead)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "collections")] HttpRequest request,
        CancellationToken ct)
    {
        var details = request.QueryFlag("details");
        var page = request.PageOf(await collections.ListAsync(ct), details ? HttpExtensions.MaxDetailedPageSize : HttpExtensions.MaxPageSize);
        return details
            ? request.Listed(new Page<CollectionDetails>(await collections.DetailsAsync(page.Items, ct), page.Continuation).Select(CollectionAnswer.Of))
            : request.Listed(page.Select(CollectionSummary.Of));
    }
}
