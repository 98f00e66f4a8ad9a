using Atp.Core.Agent;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Agent;

/// <summary>The configuration file of the device's winning assignment, byte for byte as uploaded.</summary>
public sealed class GetConfigurationFunction(AgentService agents)
{
    [Function("GetConfiguration")]
    [DeviceAccess]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "agent/configuration/{deploymentId}")] HttpRequest request,
        string deploymentId,
        CancellationToken ct)
    {
        var (content, facts) = await agents.ConfigurationFileAsync(request.DeviceToken(), deploymentId, request.Caller(), ct);
        request.HttpContext.Response.Headers["Repr-Digest"] = $"sha-256=:{Convert.ToBase64String(Convert.FromHexString(facts.Sha256))}:"; // RFC 9530
        return TypedResults.Bytes(content.ToMemory(), "application/octet-stream"); // from the one copy that is kept
    }
}
