using Atp.Core.Agent;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Agent;

/// <summary>A device asks what to do, and brings its inventory when that changed.</summary>
public sealed class CheckInFunction(AgentService agents)
{
    [Function("CheckIn")]
    [DeviceAccess]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "agent/check-in")] HttpRequest request,
        CancellationToken ct)
    {
        var (checkIn, _) = await request.ReadJsonAsync<CheckIn>(ct);
        return request.Answer(await agents.CheckInAsync(request.DeviceToken(), checkIn, ct));
    }
}
