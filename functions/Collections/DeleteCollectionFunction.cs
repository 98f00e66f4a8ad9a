using Atp.Core.Collections;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Collections;

/// <summary>Deletes a collection that no deployment in force targets.</summary>
public sealed class DeleteCollectionFunction(CollectionService collections)
{
    [Function("DeleteCollection")]
    [AdministratorAccess(Roles.DevicesReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "collections/{collectionId}")] HttpRequest request,
        string collectionId,
        CancellationToken ct)
    {
        await collections.DeleteAsync(collectionId, request.RequireRevision(), request.EmptyChange(), ct);
        return TypedResults.NoContent();
    }
}
