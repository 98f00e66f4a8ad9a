using System.Net;
using System.Text.Json.Nodes;
using Atp.Core.Agent;
using Atp.Core.Deployments;
using Atp.Core.Health;
using Atp.Functions.Tests.Deployments;
using Atp.Functions.Tests.Devices;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Health;

/// <summary>The figures of every scope, and the devices behind each of them.</summary>
public sealed class MonitoringTests(TestStack stack)
{
    private static readonly string[] Kinds = ["platform", "os", "collection", "deployment", "organisation"];

    [Fact]
    public async Task Behind_every_figure_of_every_scope_and_every_status_of_every_deployment_are_as_many_devices_as_it_says()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(3));
        var fleet = await MixedFleet.CreateAsync(host);

        await EveryFigureHasItsDevicesAsync(host);

        Assert.Equal(["drift-1", "drift-2", "up-1", "up-5"], await ListedAsync(host, "scope=os!Windows%2010%2022H2&health=Healthy"));
        Assert.Equal(["drift-1", "drift-2"], await ListedAsync(host, "health=fileSamplesDrifted"));
        Assert.Equal(["down-1", "up-3"], await ListedAsync(host, $"scope=organisation!{MixedFleet.OtherOrg:D}")); // as it was typed
        Assert.Equal(["odd-1"], await ListedAsync(host, "scope=organisation!other"));
        Assert.Equal(["off-1", "off-2"], await ListedAsync(host, $"scope=deployment!{fleet.Offboarding}&health=Offboarding"));
        Assert.Equal(["off-1", "off-2"], await ListedAsync(host, $"deploymentId={fleet.Onboarding}&status=Superseded"));
        Assert.Equal(["pilot-1"], await ListedAsync(host, $"deploymentId={fleet.Pilot}&status=Error"));
        Assert.Equal(["old-1"], await ListedAsync(host, "scope=platform!unsupported&health=targeted"));
        Assert.Equal(["up-1", "up-2"], await ListedAsync(host, $"scope=collection!{fleet.Everybody}&name=UP-%3F&deploymentId={fleet.Pilot}&status=Superseded"));
        Assert.Equal(["idle-1", "odd-1"], await ListedAsync(host, "name=*d*e-1&scope=site", "name=odd*"));

        // The fleet moves on: another revision, a device that goes, one that is offboarded, one whose agent falls silent, an end.
        using var edit = new MultipartFormDataContent { { new StringContent("None"), "fileSamples" } };
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"/api/policies/{fleet.OnboardingPolicy}") { Content = edit };
        request.Headers.IfMatch.ParseAdd("\"1\"");
        await (await host.Admin.SendAsync(request)).JsonAsync();
        await host.Admin.DeleteAsync("/api/devices/up-5");
        await host.ChangeAsync(HttpMethod.Post, $"/api/collections/{fleet.Leaving}/members/add", null, new { deviceIds = new[] { "up-1" } });
        await (await host.ChangeAsync(HttpMethod.Post, $"/api/deployments/{fleet.Pilot}/end", null, new { reason = "Done" })).JsonAsync();
        host.Clock.Advance(TimeSpan.FromDays(7.5));
        await fleet.Devices["up-2"].ObeyAsync();
        await fleet.Devices["up-2"].IngestedAsync();

        await EveryFigureHasItsDevicesAsync(host);

        Assert.Equal(["up-2"], await ListedAsync(host, "health=healthy"));
        Assert.Equal(["off-1", "off-2", "up-1"], await ListedAsync(host, "health=offboarding"));
        await (await host.Admin.GetAsync($"/api/devices?deploymentId={fleet.Pilot}")).ProblemAsync(
            HttpStatusCode.BadRequest, "device.deployment-not-live", "deploymentId");
    }

    [Fact]
    public async Task Onboarding_status_and_agent_health_are_of_the_same_devices_in_every_scope_and_in_history()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(3));
        var fleet = await MixedFleet.CreateAsync(host);

        var summary = await host.RollUpAsync();

        // Targeted by onboarding: four healthy, drift-1 and drift-2 among them, and down-1; one each of agent state and inactive; two not onboarded; one never reached.
        AssertPercents(summary["site"]!, onboarded: 7, eligible: 9, onboarding: 77.8, healthy: 55.6, agentState: 11.1, inactive: 11.1, notOnboarded: 22.2);
        Assert.Equal((1, 2), ((int)summary["site"]!["neverReached"]!, (int)summary["site"]!["offboarding"]!));
        AssertPercents(Scope(summary, $"deployment!{fleet.Onboarding}"), 7, 9, 77.8, 55.6, 11.1, 11.1, 22.2);
        AssertPercents(Scope(summary, "organisation!" + $"{MixedFleet.OtherOrg:D}".ToLowerInvariant()), 2, 2, 100, 50, 0, 50, 0);
        Assert.Equal(("Onboard", "Everybody"), ((string)Scope(summary, $"deployment!{fleet.Onboarding}")["name"]!, (string)Scope(summary, $"collection!{fleet.Everybody}")["name"]!));
        foreach (var kind in Kinds)
        {
            var scopes = (await host.GetJsonAsync($"/api/health/summary?scopeKind={kind}"))["scopes"]!.AsArray();
            Assert.NotEmpty(scopes);
            Assert.All(scopes, s => Assert.StartsWith($"{kind}!", (string)s!["scope"]!, StringComparison.Ordinal));
            var scope = scopes[0]!;
            var history = (await host.GetJsonAsync($"/api/health/history?scope={Uri.EscapeDataString((string)scope["scope"]!)}"))["value"]!.AsArray();
            Assert.Equal(scope.ToJsonString(), Assert.Single(history)!.ToJsonString());
        }

        await (await host.Admin.GetAsync("/api/health/summary?scopeKind=country")).ProblemAsync(
            HttpStatusCode.BadRequest, "health.scope-kind-invalid", "scopeKind");
    }

    [Fact]
    public async Task One_call_has_the_figures_of_some_kinds_and_the_history_of_the_site()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(3));
        await MixedFleet.CreateAsync(host);
        await host.RollUpAsync();
        host.Clock.Advance(TimeSpan.FromHours(1));
        await host.RollUpAsync();
        host.Clock.Advance(TimeSpan.FromDays(9));
        var all = await host.RollUpAsync();

        var before = host.Transactions;
        var summary = await host.GetJsonAsync("/api/health/summary?scopeKind=platform,os&historyDays=30");
        Assert.InRange(host.Transactions - before, 1, 3); // the figures, and two months of history at most

        Assert.Equal(["os", "platform"], summary["scopes"]!.AsArray().Select(s => ((string)s!["scope"]!).Split('!')[0]).Distinct().Order());
        Assert.Equal(all["site"]!.ToJsonString(), summary["site"]!.ToJsonString());
        var history = summary["history"]!.AsArray(); // by day: of each the last
        Assert.Equal([77.8, 77.8], history.Select(point => (double)point!["onboardingPercent"]!));
        Assert.Equal([(5, 1), (0, 6)], history.Select(point => ((int)point!["healthy"]!, (int)point!["inactive"]!)));
        Assert.Equal((string)summary["asOf"]!, (string)history[^1]!["asOf"]!);
        Assert.Single((await host.GetJsonAsync("/api/health/summary?scopeKind=platform&scopeKind=os&historyDays=8"))["history"]!.AsArray());
        Assert.Null(all["history"]);
    }

    [Theory]
    [InlineData("scopeKind=platform,country", "scopeKind", "health.scope-kind-invalid")]
    [InlineData("scopeKind=platform,", "scopeKind", "health.scope-kind-invalid")]
    [InlineData("historyDays=401", "historyDays", "health.days-invalid")]
    [InlineData("historyDays=0", "historyDays", "query.number-invalid")]
    public async Task A_summary_of_what_does_not_exist_is_refused_by_field(string query, string field, string code)
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));

        await (await host.Admin.GetAsync($"/api/health/summary?{query}")).ProblemAsync(HttpStatusCode.BadRequest, code, field);
    }

    [Fact]
    public async Task Without_an_eligible_device_there_is_no_data_and_not_zero_percent()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        await host.ImportAsync([TestSite.Line("silent-1"), TestSite.Line("old-1", build: 7601)]);
        await DeployedAsync(host, await host.CreatePolicyAsync(), await host.CreateCollectionAsync("All", new { tag = "all" }));

        var summary = await host.RollUpAsync();

        Assert.All(summary["scopes"]!.AsArray().Append(summary["site"]), scope =>
        {
            Assert.Equal((0, 0), ((int)scope!["onboarded"]!, (int)scope["eligible"]!));
            Assert.DoesNotContain(scope.AsObject(), property => property.Key.EndsWith("Percent", StringComparison.Ordinal));
        });
        Assert.Equal((2, 1), ((int)summary["site"]!["targeted"]!, (int)summary["site"]!["neverReached"]!));
    }

    [Fact]
    public async Task An_offboarded_device_leaves_the_onboarding_figures_and_its_organisation()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        await host.ImportAsync([TestSite.Line("pc-1")]);
        var leaving = await host.CreateCollectionAsync("Leaving");
        await DeployedAsync(host, await host.CreateOffboardingPolicyAsync(host.Clock.GetUtcNow().AddDays(20)), leaving);
        await DeployedAsync(host, await host.CreatePolicyAsync(), await host.CreateCollectionAsync("All", new { tag = "all" }));
        var device = await host.EnrollAsync("pc-1");
        await device.ObeyAsync();
        await device.IngestedAsync();
        var before = await host.RollUpAsync();
        Assert.Equal((1, 1, 0), Onboarding(before["site"]!));
        Assert.Single(before["scopes"]!.AsArray(), s => (string)s!["scope"]! == $"organisation!{TestSite.OrgId}");

        await host.ChangeAsync(HttpMethod.Post, $"/api/collections/{leaving}/members/add", null, new { deviceIds = new[] { "pc-1" } });
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        var instructions = (await device.CheckInAsync())["instructions"]!;
        Assert.Equal("Offboard", (string)instructions["action"]!);
        await device.SendAsync(MixedFleet.Report(host, device, onboarded: false, running: false, orgId: null, instructions: instructions));
        await device.IngestedAsync();

        var after = await host.RollUpAsync();
        Assert.Equal((0, 0, 1), Onboarding(after["site"]!));
        Assert.DoesNotContain(after["scopes"]!.AsArray(), s => ((string)s!["scope"]!).StartsWith("organisation!", StringComparison.Ordinal));
        Assert.Equal(["pc-1"], await ListedAsync(host, "health=offboarding"));
        Assert.Empty(await ListedAsync(host, "health=eligible"));
    }

    [Theory]
    [InlineData("scope=country!de", "scope", "device.scope-invalid")]
    [InlineData("scope=platform", "scope", "device.scope-invalid")]
    [InlineData("scope=platform!", "scope", "device.scope-invalid")]
    [InlineData("scope=platform!1", "scope", "device.scope-invalid")]
    [InlineData("scope=platform!UpLevel,DownLevel", "scope", "device.scope-invalid")]
    [InlineData("scope=os!Windows%2095", "scope", "device.scope-invalid")]
    [InlineData("scope=collection!gone", "scope", "device.scope-invalid")]
    [InlineData("scope=deployment!gone", "scope", "device.scope-invalid")]
    [InlineData("scope=site&scope=site", "scope", "device.scope-invalid")]
    [InlineData("health=well", "health", "device.health-invalid")]
    [InlineData("health=0", "health", "device.health-invalid")]
    [InlineData("health=Healthy,Inactive", "health", "device.health-invalid")]
    [InlineData("deploymentId=gone", "deploymentId", "device.deployment-not-live")]
    [InlineData("status=Success", "status", "device.status-of-nothing")]
    [InlineData("deploymentId=gone&status=Done", "status", "device.deployment-not-live")]
    [InlineData("name=%07", "name", "device.name-pattern-invalid")]
    public async Task A_bad_filter_is_refused_by_field(string query, string field, string code)
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));

        await (await host.Admin.GetAsync($"/api/devices?{query}")).ProblemAsync(HttpStatusCode.BadRequest, code, field);
    }

    [Fact]
    public async Task Everything_that_is_wrong_with_a_filter_is_said_at_once()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));

        var problem = await (await host.Admin.GetAsync($"/api/devices?scope=x&health=x&deploymentId=x&status=x&name={new string('x', 257)}")).ProblemAsync(
            HttpStatusCode.BadRequest, "device.scope-invalid");

        Assert.Equal(["deploymentId", "health", "name", "scope", "status"], problem["errors"]!.AsObject().Select(e => e.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_page_reads_a_bounded_part_of_the_fleet_and_says_where_it_goes_on()
    {
        const int Devices = 21_000;
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(2));
        await host.ImportAsync(Enumerable.Range(0, Devices).Select(i => TestSite.Line($"device-{i:D6}")));

        var before = host.Transactions;
        var first = await host.GetJsonAsync("/api/devices?name=nobody");
        Assert.InRange(host.Transactions - before, 1, 25); // 1,000 rows each, the site's own tables, and an end of each shard

        Assert.Empty(first["value"]!.AsArray());
        var second = await host.GetJsonAsync((string)first["nextLink"]!);
        Assert.Empty(second["value"]!.AsArray());
        Assert.Null(second["nextLink"]);
        Assert.Equal(["device-000007", "device-020999"], await ListedAsync(host, "name=DEVICE-000007", "name=device-020999"));
    }

    [Fact]
    public async Task A_roll_up_of_many_scopes_stays_within_its_budget()
    {
        const int Deployments = 130;
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(2, QueueDriver.QueueFunctions));
        var policy = (string)(await host.CreatePolicyAsync())["id"]!;
        var collection = (string)(await (await host.ChangeAsync(HttpMethod.Post, "/api/collections", null, new { name = "All" })).JsonAsync(HttpStatusCode.Created))["id"]!;
        for (var i = 0; i < Deployments; i++)
        {
            await host.DeployAsync(policy, collection);
        }

        var before = host.Transactions;
        await host.RollUpByHandAsync();

        var scopes = (await host.GetJsonAsync("/api/health/summary"))["scopes"]!.AsArray();
        Assert.Equal(Deployments + 1, scopes.Count);
        Assert.InRange(host.Transactions - before, 1, (6 * 2) + 20 + (scopes.Count / 50));
    }

    /// <summary>Each figure and status against the list of its devices, over all pages of a few devices each.</summary>
    private static async Task EveryFigureHasItsDevicesAsync(AtpHost host)
    {
        var summary = await host.RollUpAsync();
        var scopes = summary["scopes"]!.AsArray().Append(summary["site"]).Select(s => s!.AsObject()).ToList();
        Assert.Equal(Kinds.Append("site").Order(), scopes.Select(s => ((string)s["scope"]!).Split('!')[0]).Distinct().Order());
        foreach (var scope in scopes)
        {
            var query = $"scope={Uri.EscapeDataString((string)scope["scope"]!)}";
            Assert.True((int)scope["devices"]! == (await ListedAsync(host, query)).Count, query);
            foreach (var figure in Enum.GetNames<Figure>())
            {
                var counted = (int)scope[char.ToLowerInvariant(figure[0]) + figure[1..]]!;
                var listed = await ListedAsync(host, $"{query}&health={figure}");
                Assert.True(counted == listed.Count, $"{query}, {figure}: counted {counted}, but listed {string.Join(' ', listed)}");
            }
        }

        foreach (var deployment in (await host.ListAsync("/api/deployments")).Where(d => d["endedAt"] is null).Select(d => (string)d["id"]!))
        {
            var statuses = (await host.GetJsonAsync($"/api/deployments/{deployment}"))["statuses"]!;
            foreach (var status in Enum.GetNames<AssignmentStatus>())
            {
                var listed = await ListedAsync(host, $"deploymentId={deployment}&status={status}");
                Assert.Equal((int)statuses[char.ToLowerInvariant(status[0]) + status[1..]]!, listed.Count);
            }
        }
    }

    /// <summary>The ids of the devices of these queries, sorted; each device once.</summary>
    private static async Task<List<string>> ListedAsync(AtpHost host, params string[] queries)
    {
        var ids = new List<string>();
        foreach (var query in queries)
        {
            var listed = (await host.ListAsync($"/api/devices?pageSize=5&{query}")).Select(d => (string)d["id"]!).ToList();
            Assert.Equal(listed.Distinct(), listed);
            ids.AddRange(listed);
        }

        return [.. ids.Distinct().Order(StringComparer.Ordinal)];
    }

    private static Task<string> DeployedAsync(AtpHost host, JsonObject policy, string collection) =>
        host.DeployAllTheSameAsync((string)policy["id"]!, collection);

    private static JsonNode Scope(JsonObject summary, string scope) => summary["scopes"]!.AsArray().Single(s => (string)s!["scope"]! == scope)!;

    private static (int Onboarded, int Eligible, int Offboarding) Onboarding(JsonNode scope) =>
        ((int)scope["onboarded"]!, (int)scope["eligible"]!, (int)scope["offboarding"]!);

    private static void AssertPercents(
        JsonNode scope, int onboarded, int eligible, double onboarding, double healthy, double agentState, double inactive, double notOnboarded) => Assert.Equal(
        (onboarded, eligible, onboarding, healthy, agentState, inactive, notOnboarded),
        ((int)scope["onboarded"]!, (int)scope["eligible"]!, (double)scope["onboardingPercent"]!, (double)scope["healthyPercent"]!,
            (double)scope["agentStatePercent"]!, (double)scope["inactivePercent"]!, (double)scope["notOnboardedPercent"]!));
}
