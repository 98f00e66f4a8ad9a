using Atp.Core.Collections;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Collections;

/// <summary>The members of a collection.</summary>
public sealed class ListMembersFunction(CollectionService collections)
{
    [Function("ListMembers")]
    [AdministratorAccess(Roles.DevicesReadWrite, Roles.DeploymentsReadWrite, Roles.PoliciesRead)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "collections/{collectionId}/members")] HttpRequest request,
        string collectionId,
        CancellationToken ct)
    {
        return request.Listed(await collections.MembersAsync(collectionId, request.PageSize(), request.Continuation(), ct));
    }
}
