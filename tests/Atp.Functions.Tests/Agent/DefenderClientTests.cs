using System.Net;
using System.Text.Json.Nodes;
using Atp.Functions.Tests.Deployments;
using Atp.Functions.Tests.Devices;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Agent;

/// <summary>
/// The client setting of Configuration Manager 2207: Windows Server 2012 R2 and 2016 with the Defender client, which takes the
/// configuration file and needs no workspace; or with the Monitoring Agent, which is the default. Windows 8.1 has the latter only.
/// </summary>
public sealed class DefenderClientTests(TestStack stack) : IAsyncLifetime
{
    private AtpHost host = null!;
    private string all = null!;
    private string clients = null!;

    public async ValueTask InitializeAsync()
    {
        host = await AtpHost.StartAsync(stack, Fleet.Shards(2));
        await host.ImportAsync(
        [
            TestSite.Line("srv-2012", 9600, 3, 7, "\"all\",\"client\""), TestSite.Line("srv-2016", 14393, 3, 7, "\"all\",\"client\""),
            TestSite.Line("pc-81", 9600, 1, 4, "\"all\",\"client\""), TestSite.Line("srv-mma", 14393, 3, 7), TestSite.Line("pc-10", tags: "\"all\",\"client\""),
        ]);
        all = await host.CreateCollectionAsync("All", new { tag = "all" });
        clients = await host.PostCollectionAsync(new { name = "Clients", rules = new[] { new { tag = "client" } }, downLevelAgent = "DefenderClient" });
        await host.EvaluatedAsync(clients);
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task Servers_of_the_collection_take_the_file_and_the_others_the_workspace()
    {
        var deployment = await host.DeployAsync((string)(await host.CreatePolicyAsync())["id"]!, all);
        await host.ActiveAsync(deployment);

        foreach (var id in new[] { "srv-2012", "srv-2016" })
        {
            var server = await host.EnrollAsync(id);
            AssertFile(await InstructionsAsync(server), "Onboard", defenderClient: "Install");
            Assert.Equal(HttpStatusCode.OK, (await server.GetAsync($"/api/agent/configuration/{deployment}")).StatusCode);
            await (await server.GetAsync($"/api/agent/workspace/{deployment}")).ProblemAsync(HttpStatusCode.NotFound, "agent.nothing-to-deliver");
        }

        foreach (var id in new[] { "pc-81", "srv-mma" })
        {
            var device = await host.EnrollAsync(id);
            AssertWorkspace(await InstructionsAsync(device));
            Assert.Equal(HttpStatusCode.OK, (await device.GetAsync($"/api/agent/workspace/{deployment}")).StatusCode);
        }

        AssertFile(await InstructionsAsync(await host.EnrollAsync("pc-10")), "Onboard", defenderClient: "None"); // has it built in
    }

    [Fact]
    public async Task The_client_is_installed_until_inventory_reports_it()
    {
        await host.ActiveAsync(await host.DeployAsync((string)(await host.CreatePolicyAsync())["id"]!, all));
        var server = await host.EnrollAsync("srv-2016");
        AssertFile(await InstructionsAsync(server), "Onboard", defenderClient: "Install");

        var inventory = new { name = "SRV-2016", build = 14393, productType = 3, sku = 7, tags = new[] { "all", "client" }, defenderClientVersion = "10.8750" };
        AssertFile((await server.CheckInAsync(inventory))["instructions"]!, "Onboard", defenderClient: "None");
        AssertFile(await InstructionsAsync(server), "Onboard", defenderClient: "None");
    }

    [Fact]
    public async Task A_policy_without_workspace_fails_on_the_Monitoring_Agent_only()
    {
        var deployment = await host.DeployAllTheSameAsync((string)(await host.CreatePolicyAsync(workspaceId: null))["id"]!, all);
        await host.ActiveAsync(deployment);

        Assert.Equal(2, (int)(await host.GetJsonAsync($"/api/deployments/{deployment}"))["progress"]!["inError"]!);
        foreach (var (id, action) in new[] { ("srv-2012", "Onboard"), ("srv-2016", "Onboard"), ("pc-81", "None"), ("srv-mma", "None") })
        {
            Assert.Equal(action, (string)(await InstructionsAsync(await host.EnrollAsync(id)))["action"]!);
        }
    }

    [Fact]
    public async Task Offboarding_delivers_the_file_to_them_and_removes_the_Monitoring_Agent_from_the_others()
    {
        await host.ActiveAsync(await host.DeployAsync((string)(await host.CreateOffboardingPolicyAsync(host.Clock.GetUtcNow().AddDays(20)))["id"]!, all));

        AssertFile(await InstructionsAsync(await host.EnrollAsync("srv-2012")), "Offboard", defenderClient: "None");
        AssertFile(await InstructionsAsync(await host.EnrollAsync("srv-2016")), "Offboard", defenderClient: "None");
        foreach (var id in new[] { "pc-81", "srv-mma" })
        {
            var instructions = await InstructionsAsync(await host.EnrollAsync(id));
            Assert.Equal(("Offboard", "Remove"), ((string)instructions["action"]!, (string)instructions["monitoringAgent"]!));
            Assert.Null(instructions["configuration"]);
        }
    }

    [Fact]
    public async Task A_change_of_the_setting_counts_with_the_next_check_in_and_rewrites_no_device()
    {
        await host.ActiveAsync(await host.DeployAsync((string)(await host.CreatePolicyAsync())["id"]!, all));
        var server = await host.EnrollAsync("srv-2016");
        AssertFile(await InstructionsAsync(server), "Onboard", defenderClient: "Install");
        var rows = await host.VersionsAsync(Core.Storage.TableNames.Fleet);

        await host.PatchCollectionAsync(clients, new { downLevelAgent = "MonitoringAgent" });
        Assert.Equal(rows, await host.VersionsAsync(Core.Storage.TableNames.Fleet));
        AssertWorkspace(await InstructionsAsync(server));
        rows = await host.VersionsAsync(Core.Storage.TableNames.Fleet);
        await host.PatchCollectionAsync(clients, new { downLevelAgent = "DefenderClient" });
        Assert.Equal(rows, await host.VersionsAsync(Core.Storage.TableNames.Fleet));
        AssertFile(await InstructionsAsync(server), "Onboard", defenderClient: "Install");

        var deliveries = (await host.GetJsonAsync("/api/devices/srv-2016"))["targets"]![0]!["deliveries"]!.AsArray();
        Assert.Equal([true, false, true], deliveries.Select(delivery => delivery!.AsObject().ContainsKey("fileSha256")));
    }

    [Fact]
    public async Task A_server_that_is_a_member_by_an_include_has_the_client_and_an_excluded_one_has_not()
    {
        await host.ActiveAsync(await host.DeployAsync((string)(await host.CreatePolicyAsync())["id"]!, all));
        var excluded = await host.CreateCollectionAsync("2012", new { operatingSystem = "*2012 R2" });
        await host.PatchCollectionAsync(clients, new { rules = Array.Empty<object>(), includeCollectionIds = new[] { all }, excludeCollectionIds = new[] { excluded } });
        await host.EvaluatedAsync(clients);

        AssertFile(await InstructionsAsync(await host.EnrollAsync("srv-mma")), "Onboard", defenderClient: "Install");
        AssertWorkspace(await InstructionsAsync(await host.EnrollAsync("srv-2012")));
    }

    private static async Task<JsonNode> InstructionsAsync(TestDevice device) => (await device.CheckInAsync())["instructions"]!;

    private static void AssertFile(JsonNode instructions, string action, string defenderClient)
    {
        Assert.Equal((action, defenderClient, "None"),
            ((string)instructions["action"]!, (string)instructions["defenderClient"]!, (string)instructions["monitoringAgent"]!));
        Assert.NotNull(instructions["configuration"]);
        Assert.Null(instructions["workspaceUrl"]);
    }

    private static void AssertWorkspace(JsonNode instructions)
    {
        Assert.Equal(("Onboard", "None", "Install"),
            ((string)instructions["action"]!, (string)instructions["defenderClient"]!, (string)instructions["monitoringAgent"]!));
        Assert.NotNull(instructions["workspaceUrl"]);
        Assert.Null(instructions["configuration"]);
    }
}
