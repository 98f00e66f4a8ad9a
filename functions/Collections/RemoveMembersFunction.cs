using Atp.Core.Collections;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Collections;

/// <summary>Removes direct members in bulk.</summary>
public sealed class RemoveMembersFunction(DirectMembers members)
{
    [Function("RemoveMembers")]
    [AdministratorAccess(Roles.DevicesReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "collections/{collectionId}/members/remove")] HttpRequest request,
        string collectionId,
        CancellationToken ct)
    {
        var (command, change) = await request.ReadJsonAsync<MemberChange>(ct);
        return request.Answer(await members.ChangeAsync(collectionId, command, add: false, change, ct));
    }
}
