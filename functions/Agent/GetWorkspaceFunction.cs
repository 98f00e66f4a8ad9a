using Atp.Core.Agent;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Agent;

/// <summary>The workspace of a down-level device's winning assignment.</summary>
public sealed class GetWorkspaceFunction(AgentService agents)
{
    [Function("GetWorkspace")]
    [DeviceAccess]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "agent/workspace/{deploymentId}")] HttpRequest request,
        string deploymentId,
        CancellationToken ct)
    {
        return request.Answer(await agents.WorkspaceAsync(request.DeviceToken(), deploymentId, request.Caller(), ct));
    }
}
