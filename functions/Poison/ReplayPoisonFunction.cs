using Atp.Core.Poison;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Poison;

/// <summary>Puts messages that were given up back on their queue, once the cause is gone.</summary>
public sealed class ReplayPoisonFunction(PoisonQueues poison)
{
    [Function("ReplayPoison")]
    [AdministratorAccess(Roles.DevicesReadWrite, Roles.DeploymentsReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "poison/{queue}/replay")] HttpRequest request,
        string queue,
        CancellationToken ct)
    {
        var (selection, change) = await request.ReadJsonAsync<PoisonSelection>(ct);
        return request.Answer(PoisonChangeAnswer.Of(queue, await poison.ReplayAsync(queue, selection, change.Caller, ct)));
    }
}
