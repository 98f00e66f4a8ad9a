using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Atp.Core.Storage;
using Atp.Functions.Tests.Devices;

namespace Atp.Functions.Tests.Deployments;

/// <summary>What the tests of previews, order and offboarding share.</summary>
internal static class Previews
{
    /// <summary>The systems that the seed document lists, and one that it doesn't, each under the tag <c>all</c>.</summary>
    public static readonly string[] MixedFleet =
    [
        TestSite.Line("server-2012r2", 9600, 3, 7), TestSite.Line("windows-81", 9600), TestSite.Line("server-2016", 14393, 3, 7),
        TestSite.Line("server-1709", 16299, 3, 7), TestSite.Line("server-1803", 17134, 3, 7), TestSite.Line("server-2019", 17763, 3, 7),
        TestSite.Line("windows-10-1607", 14393), TestSite.Line("windows-7", 7601), TestSite.Line("multi-session", 19045, 3, 175),
    ];

    /// <summary>The last version that knows all of them.</summary>
    public static AtpHostOptions Version2107 => new() { Settings = { ["Atp:Site:ConfigurationManagerVersion"] = "2107" } };

    public static async Task<JsonObject> PreviewAsync(this AtpHost host, string policyId, params string[] collectionIds) =>
        await (await host.Admin.PostAsJsonAsync("/api/deployments/preview", new { policyId, collectionIds })).JsonAsync();

    /// <summary>Would succeed, would fail, requirements not met, held, and all.</summary>
    public static (int Succeed, int Fail, int NotMet, int Held, int All) Outcomes(this JsonNode preview) => (
        (int)preview["wouldSucceed"]!["devices"]!, (int)preview["wouldFail"]!["devices"]!, (int)preview["requirementsNotMet"]!["devices"]!,
        (int)preview["held"]!["devices"]!, (int)preview["devices"]!);

    /// <summary>Up-level, down-level, unsupported.</summary>
    public static (int UpLevel, int DownLevel, int Unsupported) Platforms(this JsonNode counted) => (
        (int)counted["platforms"]!["upLevel"]!, (int)counted["platforms"]!["downLevel"]!, (int)counted["platforms"]!["unsupported"]!);

    public static JsonNode Reason(this JsonNode preview, string reason) =>
        Assert.Single(preview["wouldFail"]!["reasons"]!.AsArray(), r => (string)r!["reason"]! == reason)!;

    public static List<string> Sampled(this JsonNode group) => [.. group["sample"]!.AsArray().Select(d => (string)d!["deviceId"]!)];

    public static async Task<string> IdAsync(this Task<JsonObject> created) => (string)(await created)["id"]!;

    /// <summary>Deploys although it would fail somewhere, and waits for the last placement. A moment passes: deployments have an order.</summary>
    public static async Task<string> DeployAllTheSameAsync(this AtpHost host, string policyId, params string[] collectionIds)
    {
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        var created = await (await host.Admin.PostAsJsonAsync("/api/deployments", new { policyId, collectionIds, acknowledgeFailures = true }))
            .JsonAsync(System.Net.HttpStatusCode.Accepted);
        await host.ActiveAsync((string)created["id"]!);
        return (string)created["id"]!;
    }

    /// <summary>Reports to be onboarded to an organisation, or no longer to be.</summary>
    public static async Task ReportOrganisationAsync(this AtpHost host, TestDevice device, string orgId, bool onboarded = true)
    {
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        await device.CheckInAsync();
        await device.SendAsync(device.Sign(new
        {
            reportedAt = host.Clock.GetUtcNow(),
            lastConnected = host.Clock.GetUtcNow(),
            senseIsRunning = onboarded,
            onboardingState = onboarded ? 1 : 0,
            orgId,
        }));
        await host.EmptyAsync(Queues.DeviceReports);
    }
}
