using System.Text.Json.Nodes;
using Atp.Core.Agent;
using Atp.Functions.Tests.Deployments;

namespace Atp.Functions.Tests.Health;

/// <summary>Devices of every platform in every state, behind three deployments.</summary>
internal sealed record MixedFleet(
    string OnboardingPolicy, string Everybody, string Leaving, string Onboarding, string Offboarding, string Pilot, Dictionary<string, TestDevice> Devices)
{
    public static readonly Guid OtherOrg = Guid.Parse("AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE");

    public static async Task<MixedFleet> CreateAsync(AtpHost host)
    {
        await host.ImportAsync(
        [
            .. new[] { "up-1", "up-2", "up-3", "up-4", "up-5", "fetched-1", "silent-1", "drift-1", "drift-2", "off-1", "off-2" }.Select(id => TestSite.Line(id)),
            TestSite.Line("down-1", build: 14393, productType: 3), TestSite.Line("old-1", build: 7601),
            TestSite.Line("pilot-1", build: 9600, tags: "\"pilot\""), TestSite.Line("idle-1", tags: ""), TestSite.Line("odd-1", build: 22631, tags: ""),
        ]);
        var offboarding = await host.CreateOffboardingPolicyAsync(host.Clock.GetUtcNow().AddDays(20));
        var onboarding = await host.CreatePolicyAsync();
        var pilot = await host.CreatePolicyAsync("Pilot", workspaceId: null);
        var everybody = await host.CreateCollectionAsync("Everybody", new { tag = "all" });
        var leaving = await host.CreateCollectionAsync("Leaving", new { namePattern = "OFF-*" });
        var pilots = await host.CreateCollectionAsync("Pilots", new { tag = "pilot" }, new { namePattern = "UP-1" }, new { namePattern = "UP-2" });
        var fleet = new MixedFleet(
            (string)onboarding["id"]!, everybody, leaving, await DeployedAsync(onboarding, everybody), await DeployedAsync(offboarding, leaving),
            await DeployedAsync(pilot, pilots), []);

        Task<string> DeployedAsync(JsonObject policy, string collection) => host.DeployAllTheSameAsync((string)policy["id"]!, collection);

        async Task<(TestDevice Device, JsonNode? Instructions)> CheckedInAsync(string id)
        {
            var device = fleet.Devices[id] = await host.EnrollAsync(id);
            return (device, (await device.CheckInAsync())["instructions"]);
        }

        async Task ReportedAsync(string id, bool running = true, double connectedDaysAgo = 0, string? orgId = null, bool onboarded = true, string? fileSamples = null)
        {
            var (device, instructions) = await CheckedInAsync(id);
            await device.SendAsync(Report(host, device, onboarded, running, orgId ?? TestSite.OrgId.ToString(), connectedDaysAgo, fileSamples, instructions));
        }

        await ReportedAsync("up-1");
        await ReportedAsync("up-2", running: false);
        await ReportedAsync("up-3", connectedDaysAgo: 8, orgId: OtherOrg.ToString());
        await ReportedAsync("up-4", onboarded: false);
        await ReportedAsync("up-5", fileSamples: "AllFileTypes");
        await ReportedAsync("drift-1", fileSamples: "None");
        await ReportedAsync("drift-2", fileSamples: "None");
        await ReportedAsync("down-1", orgId: OtherOrg.ToString().ToUpperInvariant());
        await ReportedAsync("off-1", running: false);
        await CheckedInAsync("fetched-1");
        await CheckedInAsync("pilot-1");
        await ReportedAsync("odd-1", orgId: "no/key#at?all");
        await fleet.Devices["odd-1"].IngestedAsync();
        return fleet;
    }

    public static SignedReport Report(
        AtpHost host, TestDevice device, bool onboarded, bool running, string? orgId, double connectedDaysAgo = 0, string? fileSamples = null,
        JsonNode? instructions = null) => device.Sign(new
        {
            reportedAt = host.Clock.GetUtcNow(),
            lastConnected = host.Clock.GetUtcNow().AddDays(-connectedDaysAgo),
            senseIsRunning = running,
            onboardingState = onboarded ? 1 : 0,
            orgId,
            fileSamples,
            deploymentId = (string?)instructions?["deploymentId"],
            revision = (int?)instructions?["revision"],
            result = instructions is null ? null : "Success",
        });
}
