using Atp.Core.Poison;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Poison;

/// <summary>Deletes messages that were given up, for good.</summary>
public sealed class DiscardPoisonFunction(PoisonQueues poison)
{
    [Function("DiscardPoison")]
    [AdministratorAccess(Roles.DevicesReadWrite, Roles.DeploymentsReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "poison/{queue}/discard")] HttpRequest request,
        string queue,
        CancellationToken ct)
    {
        var (selection, change) = await request.ReadJsonAsync<PoisonSelection>(ct);
        return request.Answer(PoisonChangeAnswer.Of(queue, await poison.DiscardAsync(queue, selection, change.Caller, ct)));
    }
}
