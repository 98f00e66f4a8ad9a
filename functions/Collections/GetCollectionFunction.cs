using Atp.Core.Collections;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Collections;

/// <summary>One collection with its members' count and how far its evaluation is.</summary>
public sealed class GetCollectionFunction(CollectionService collections)
{
    [Function("GetCollection")]
    [AdministratorAccess(Roles.DevicesReadWrite, Roles.DeploymentsReadWrite, Roles.PoliciesRead)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "collections/{collectionId}")] HttpRequest request,
        string collectionId,
        CancellationToken ct)
    {
        var details = await collections.GetAsync(collectionId, ct);
        return request.Answer(CollectionAnswer.Of(details), details.Collection.Revision);
    }
}
