using Atp.Core.Collections;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Collections;

/// <summary>Changes a collection; new rules are evaluated for every device.</summary>
public sealed class UpdateCollectionFunction(CollectionService collections)
{
    [Function("UpdateCollection")]
    [AdministratorAccess(Roles.DevicesReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "collections/{collectionId}")] HttpRequest request,
        string collectionId,
        CancellationToken ct)
    {
        var revision = request.RequireRevision();
        var (edit, change) = await request.ReadJsonAsync<EditCollection>(ct);
        var details = await collections.UpdateAsync(collectionId, edit, revision, change, ct);
        return request.Answer(CollectionAnswer.Of(details), details.Collection.Revision);
    }
}
