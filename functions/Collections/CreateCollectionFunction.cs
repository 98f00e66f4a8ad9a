using Atp.Core.Collections;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Collections;

/// <summary>Creates a collection and starts its evaluation.</summary>
public sealed class CreateCollectionFunction(CollectionService collections)
{
    [Function("CreateCollection")]
    [AdministratorAccess(Roles.DevicesReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "collections")] HttpRequest request,
        CancellationToken ct)
    {
        var (command, change) = await request.ReadJsonAsync<CreateCollection>(ct);
        var details = await collections.CreateAsync(command, change, ct);
        return request.Created($"/api/collections/{details.Collection.Id}", CollectionAnswer.Of(details), details.Collection.Revision);
    }
}
