using Atp.Core.Poison;
using Atp.Core.Storage;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Poison;

/// <summary>How many messages of each queue were given up.</summary>
public sealed class ListPoisonQueuesFunction(PoisonQueues poison)
{
    [Function("ListPoisonQueues")]
    [AdministratorAccess(Roles.DevicesReadWrite, Roles.DeploymentsReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "poison")] HttpRequest request,
        CancellationToken ct) =>
        request.Listed(new Page<PoisonQueueAnswer>([.. (await poison.ListAsync(ct)).Select(PoisonQueueAnswer.Of)], null));
}
