using System.Net.Http.Json;
using Atp.Functions.Tests.Devices;

namespace Atp.Functions.Tests.Collections;

/// <summary>Members by way of other collections: include, exclude (which wins), limit; whatever way a device changes.</summary>
public sealed class DependentMembershipTests(TestStack stack) : IAsyncLifetime
{
    private AtpHost host = null!;
    private string pilots = null!;
    private string servers = null!;
    private string live = null!;
    private string berlin = null!;

    public async ValueTask InitializeAsync()
    {
        host = await AtpHost.StartAsync(stack, Fleet.Shards(2));
        pilots = await host.CreateCollectionAsync("Pilots", new { tag = "pilot" });
        servers = await host.CreateCollectionAsync("Servers", new { operatingSystem = "Windows Server*" });
        live = await CreateAsync(new { name = "Live", includeCollectionIds = new[] { pilots }, excludeCollectionIds = new[] { servers } });
        berlin = await CreateAsync(new { name = "Live in Berlin", rules = new[] { new { tag = "berlin" } }, limitingCollectionId = live });
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task They_follow_at_once_when_a_device_changes_by_import()
    {
        await host.ImportAsync([TestSite.Line("pc-1", tags: "\"pilot\",\"berlin\""), TestSite.Line("srv-1", 17763, 3, tags: "\"pilot\",\"berlin\""), TestSite.Line("pc-2", tags: "\"berlin\"")]);
        await AssertAsync(["pc-1", "srv-1"], ["srv-1"], ["pc-1"], ["pc-1"]);

        await host.ImportAsync([TestSite.Line("pc-1", 17763, 3, tags: "\"pilot\",\"berlin\""), TestSite.Line("pc-2", tags: "\"berlin\",\"pilot\"")]);
        await AssertAsync(["pc-1", "pc-2", "srv-1"], ["pc-1", "srv-1"], ["pc-2"], ["pc-2"]);
    }

    [Fact]
    public async Task They_follow_at_once_when_a_device_is_changed_by_an_administrator_or_deleted()
    {
        await PutAsync(19045, 1, "pilot", "berlin");
        await AssertAsync(["pc-1"], [], ["pc-1"], ["pc-1"]);
        await PutAsync(17763, 3, "pilot", "berlin");
        await AssertAsync(["pc-1"], ["pc-1"], [], []);
        await PutAsync(19045, 1, "pilot");
        await AssertAsync(["pc-1"], [], ["pc-1"], []);
        await PutAsync(19045, 1, "pilot", "berlin");
        await host.Admin.DeleteAsync("/api/devices/pc-1");
        await AssertAsync([], [], [], []);
    }

    [Fact]
    public async Task They_follow_at_once_when_a_device_is_added_directly_to_one_and_removed()
    {
        await host.ImportAsync([TestSite.Line("pc-1", tags: "\"berlin\""), TestSite.Line("srv-1", 17763, 3, tags: "\"berlin\"")]);
        await AssertAsync([], ["srv-1"], [], []);

        await DirectAsync("add", pilots, "pc-1", "srv-1");
        await AssertAsync(["pc-1", "srv-1"], ["srv-1"], ["pc-1"], ["pc-1"]);

        await DirectAsync("add", servers, "pc-1"); // excluded from Live by it, and so not in Berlin's limit any more
        await AssertAsync(["pc-1", "srv-1"], ["pc-1", "srv-1"], [], []);

        await DirectAsync("remove", servers, "pc-1");
        await DirectAsync("remove", pilots, "pc-1", "srv-1");
        await AssertAsync([], ["srv-1"], [], []);
    }

    [Fact]
    public async Task They_follow_in_the_one_transaction_of_a_check_in()
    {
        await host.ImportAsync([TestSite.Line("pc-1", tags: "\"berlin\"")]);
        var deployment = await host.DeployAsync((string)(await host.CreatePolicyAsync())["id"]!, berlin);
        await host.ActiveAsync(deployment);
        var device = await host.EnrollAsync("pc-1");
        Assert.Null((await device.CheckInAsync())["instructions"]);
        var before = host.Transactions;

        var answer = await device.CheckInAsync(new { name = "PC-1", build = 19045, productType = 1, sku = 4, tags = new[] { "berlin", "pilot" } });

        Assert.Equal(2, host.Transactions - before);
        Assert.Equal(deployment, (string)answer["instructions"]!["deploymentId"]!);
        Assert.Equal(new[] { pilots, live, berlin }.Order(StringComparer.Ordinal), await host.CollectionsOfAsync("pc-1"));
        await host.RollUpAsync(); // a check-in counts nothing, the next roll-up does
        await AssertAsync(["pc-1"], [], ["pc-1"], ["pc-1"]);
    }

    [Fact]
    public async Task They_follow_when_the_rules_of_another_collection_change_and_are_counted_with_it()
    {
        await host.ImportAsync([TestSite.Line("pc-1", tags: "\"berlin\",\"tester\""), TestSite.Line("pc-2", tags: "\"berlin\",\"pilot\""), TestSite.Line("srv-1", 17763, 3, tags: "\"tester\"")]);
        await AssertAsync(["pc-2"], ["srv-1"], ["pc-2"], ["pc-2"]);

        await ChangeAsync(pilots, new { rules = new[] { new { tag = "tester" } } });
        await AssertAsync(["pc-1", "srv-1"], ["srv-1"], ["pc-1"], ["pc-1"]);

        await ChangeAsync(servers, new { rules = new[] { new { namePattern = "PC-*" } } });
        await AssertAsync(["pc-1", "srv-1"], ["pc-1", "pc-2"], ["srv-1"], []);

        await ChangeAsync(live, new { excludeCollectionIds = Array.Empty<string>() });
        await AssertAsync(["pc-1", "srv-1"], ["pc-1", "pc-2"], ["pc-1", "srv-1"], ["pc-1"]);

        await ChangeAsync(berlin, new { limitingCollectionId = "" });
        await AssertAsync(["pc-1", "srv-1"], ["pc-1", "pc-2"], ["pc-1", "srv-1"], ["pc-1", "pc-2"]);
    }

    [Fact]
    public async Task New_members_through_an_include_are_placed_for_the_live_deployments()
    {
        await host.ImportAsync([TestSite.Line("pc-1", tags: "\"tester\""), TestSite.Line("pc-2", tags: "")]);
        var deployment = await host.DeployAsync((string)(await host.CreatePolicyAsync())["id"]!, live);
        await host.ActiveAsync(deployment);
        var testers = await host.CreateCollectionAsync("Testers", new { tag = "tester" });

        await ChangeAsync(live, new { includeCollectionIds = new[] { pilots, testers } });
        await DirectAsync("add", testers, "pc-2");

        Assert.Equal(["pc-1", "pc-2"], await host.MembersAsync(live));
        foreach (var id in new[] { "pc-1", "pc-2" })
        {
            Assert.Contains($"{id}!{deployment}", await host.FleetKeysAsync());
            var device = await host.EnrollAsync(id);
            Assert.Equal(deployment, (string)(await device.CheckInAsync())["instructions"]!["deploymentId"]!);
        }
    }

    [Fact]
    public async Task A_device_that_leaves_is_no_longer_targeted_and_is_not_offboarded()
    {
        await host.ImportAsync([TestSite.Line("pc-1", tags: "\"berlin\"")]);
        await DirectAsync("add", pilots, "pc-1");
        var deployment = await host.DeployAsync((string)(await host.CreatePolicyAsync())["id"]!, live);
        await host.ActiveAsync(deployment);
        var device = await host.EnrollAsync("pc-1");
        Assert.Equal("Onboard", (string)(await device.ObeyAsync())["instructions"]!["action"]!);
        await Eventually.TrueAsync(async () => (int?)(await host.GetJsonAsync("/api/devices/pc-1"))["lastReport"]?["onboardingState"] == 1);
        Assert.Equal(1, (int)(await host.RollUpAsync())["site"]!["healthy"]!);

        await ChangeAsync(live, new { excludeCollectionIds = new[] { pilots } });

        Assert.Null((await device.CheckInAsync())["instructions"]);
        var shown = await host.GetJsonAsync("/api/devices/pc-1");
        Assert.Empty(shown["targets"]!.AsArray());
        Assert.Equal(1, (int)shown["lastReport"]!["onboardingState"]!); // it stays onboarded
        var site = (await host.RollUpAsync())["site"]!;
        Assert.Equal((1, 0, 0), ((int)site["devices"]!, (int)site["targeted"]!, (int)site["offboarding"]!));
        Assert.All((await host.GetJsonAsync($"/api/deployments/{deployment}"))["statuses"]!.AsObject().Where(s => s.Key != "asOf"), s => Assert.Equal(0, (int)s.Value!));
    }

    /// <summary>Members as listed, as the devices have them, and as counted.</summary>
    private async Task AssertAsync(string[] inPilots, string[] inServers, string[] inLive, string[] inBerlin)
    {
        foreach (var (collection, expected) in new[] { (pilots, inPilots), (servers, inServers), (live, inLive), (berlin, inBerlin) })
        {
            Assert.Equal(expected, await host.MembersAsync(collection));
            Assert.Equal(expected.Length, await host.MemberCountAsync(collection));
            Assert.Equal(expected, (await host.ListAsync("/api/devices"))
                .Where(d => d["collections"]!.AsArray().Any(id => (string)id! == collection)).Select(d => (string)d["id"]!).Order(StringComparer.Ordinal));
        }
    }

    private async Task<string> CreateAsync(object body)
    {
        var id = await host.PostCollectionAsync(body);
        await host.EvaluatedAsync(id);
        return id;
    }

    private async Task ChangeAsync(string collection, object edit)
    {
        await host.PatchCollectionAsync(collection, edit);
        await host.EvaluatedAsync(collection);
    }

    private async Task PutAsync(int build, int productType, params string[] tags) =>
        await (await host.PutAsync("pc-1", new { name = "PC-1", build, productType, tags })).JsonAsync();

    private async Task DirectAsync(string verb, string collection, params string[] deviceIds) =>
        Assert.Equal(deviceIds.Length, (int)(await (await host.Admin.PostAsJsonAsync($"/api/collections/{collection}/members/{verb}", new { deviceIds })).JsonAsync())["changed"]!);
}
