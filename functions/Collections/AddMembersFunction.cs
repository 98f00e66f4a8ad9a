using Atp.Core.Collections;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Collections;

/// <summary>Adds direct members in bulk.</summary>
public sealed class AddMembersFunction(DirectMembers members)
{
    [Function("AddMembers")]
    [AdministratorAccess(Roles.DevicesReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "collections/{collectionId}/members/add")] HttpRequest request,
        string collectionId,
        CancellationToken ct)
    {
        var (command, change) = await request.ReadJsonAsync<MemberChange>(ct);
        return request.Answer(await members.ChangeAsync(collectionId, command, add: true, change, ct));
    }
}
