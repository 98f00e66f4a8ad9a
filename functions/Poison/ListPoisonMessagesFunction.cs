using Atp.Core.Poison;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Poison;

/// <summary>The first messages of a queue that were given up.</summary>
public sealed class ListPoisonMessagesFunction(PoisonQueues poison)
{
    [Function("ListPoisonMessages")]
    [AdministratorAccess(Roles.DevicesReadWrite, Roles.DeploymentsReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "poison/{queue}")] HttpRequest request,
        string queue,
        CancellationToken ct)
    {
        var (messages, length) = await poison.ShowAsync(queue, ct);
        return request.Answer(new PoisonMessagesAnswer(queue, length, [.. messages.Select(PoisonMessageAnswer.Of)]));
    }
}
