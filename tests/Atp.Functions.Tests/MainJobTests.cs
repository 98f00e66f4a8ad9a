using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atp.Functions.Tests.Feed;

namespace Atp.Functions.Tests;

/// <summary>The main job from end to end, as its users see it.</summary>
public sealed class MainJobTests(TestStack stack)
{
    [Fact]
    public async Task A_policy_reaches_the_devices_of_a_collection_and_the_figures_say_what_they_did()
    {
        await using var host = await AtpHost.StartAsync(stack);
        await host.ImportAsync(
        [
            TestSite.Line("up-1"), TestSite.Line("up-2"), TestSite.Line("silent-1"),
            TestSite.Line("down-1", build: 9600, productType: 3), TestSite.Line("old-1", build: 7601),
        ]);
        var policy = await host.CreatePolicyAsync();
        var collection = await host.CreateCollectionAsync("Everybody", new { tag = "all" });
        var deploymentId = await host.DeployAsync((string)policy["id"]!, collection);
        var deployment = await host.ActiveAsync(deploymentId);
        Assert.Equal(5, (int)deployment["progress"]!["devices"]!);
        Assert.Equal(3, (int)deployment["progress"]!["upLevel"]!);
        Assert.Equal(1, (int)deployment["progress"]!["downLevel"]!);
        Assert.Equal(1, (int)deployment["progress"]!["notSupported"]!);

        var up = await host.EnrollAsync("up-1");
        var instructions = (await up.CheckInAsync())["instructions"]!;
        Assert.Equal("Onboard", (string)instructions["action"]!);
        var file = await up.GetAsync((string)instructions["configuration"]!["url"]!);
        var bytes = await file.Content.ReadAsByteArrayAsync();
        Assert.Equal((string)instructions["configuration"]!["sha256"]!, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        Assert.Equal("no-store", file.Headers.CacheControl!.ToString());
        Assert.Equal(HttpStatusCode.NotFound, (await up.GetAsync($"/api/agent/workspace/{deploymentId}")).StatusCode);
        await up.SendAsync(up.Healthy(deploymentId, 1));

        var down = await host.EnrollAsync("down-1");
        instructions = (await down.CheckInAsync())["instructions"]!;
        Assert.Equal("Install", (string)instructions["monitoringAgent"]!);
        var workspace = await (await down.GetAsync((string)instructions["workspaceUrl"]!)).JsonAsync();
        Assert.Equal(TestSite.WorkspaceKey, (string)workspace["workspaceKey"]!);
        await down.SendAsync(down.Healthy(deploymentId, 1, AssignmentResultText.Error));

        var fetched = await host.EnrollAsync("up-2");
        await fetched.CheckInAsync();
        var old = await host.EnrollAsync("old-1");
        Assert.Equal("None", (string)(await old.CheckInAsync())["instructions"]!["action"]!);
        await up.IngestedAsync();

        var site = (await host.RollUpAsync())["site"]!;
        Assert.Equal(5, (int)site["devices"]!);
        Assert.Equal(1, (int)site["healthy"]!);
        Assert.Equal(2, (int)site["notOnboarded"]!);
        Assert.Equal(1, (int)site["neverReached"]!);
        Assert.Equal(33.3, (double)site["onboardingPercent"]!);
        var statuses = (await host.GetJsonAsync($"/api/deployments/{deploymentId}"))["statuses"]!;
        Assert.Equal((1, 1, 1, 1, 1, 0), ((int)statuses["success"]!, (int)statuses["error"]!, (int)statuses["requirementsNotMet"]!,
            (int)statuses["inProgress"]!, (int)statuses["unknown"]!, (int)statuses["superseded"]!));
        Assert.Single((await host.GetJsonAsync("/api/health/history"))["value"]!.AsArray());

        await FeedSaysTheSameAsync(host, site, deploymentId, statuses);
    }

    /// <summary>The analysts' view of it, as their programs read it.</summary>
    private static async Task FeedSaysTheSameAsync(AtpHost host, JsonNode site, string deploymentId, JsonNode statuses)
    {
        var model = FeedReader.Model(await host.Admin.GetAsync("/api/feed/$metadata"));
        var address = new Uri(host.BaseAddress, "/api/feed/").AbsoluteUri;
        Assert.Equal([$"{address}healthlatest", $"{address}healthhistory", $"{address}deploymentlatest"], FeedReader.EntitySets(await host.Admin.GetAsync("/api/feed"), model));
        foreach (var entitySet in new[] { "healthlatest", "healthhistory" })
        {
            var ofSite = Assert.Single(await RowsAsync(entitySet), row => (string)row["Scope"] == "site");
            foreach (var figure in new[] { "Devices", "Healthy", "NotOnboarded", "NeverReached", "Onboarded", "Eligible" })
            {
                Assert.Equal((int)site[JsonNamingPolicy.CamelCase.ConvertName(figure)]!, ofSite[figure]);
            }

            Assert.Equal((DateTimeOffset)site["asOf"]!, ofSite["AsOf"]);
        }

        var deployment = Assert.Single(await RowsAsync("deploymentlatest"));
        Assert.Equal(deploymentId, deployment["DeploymentId"]);
        Assert.All(statuses.AsObject().Where(s => s.Key != "asOf"), status => Assert.Equal((int)status.Value!, deployment[char.ToUpperInvariant(status.Key[0]) + status.Key[1..]]));

        async Task<List<IReadOnlyDictionary<string, object>>> RowsAsync(string entitySet) =>
            (await FeedReader.RowsAsync(await host.Admin.GetAsync($"/api/feed/{entitySet}"), model)).Rows;
    }
}
