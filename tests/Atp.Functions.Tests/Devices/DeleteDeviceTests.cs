using System.Net;
using Atp.Core.Devices;
using Atp.Core.Requests;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Devices;

/// <summary>A device that is deleted leaves nothing and counts nowhere.</summary>
public sealed class DeleteDeviceTests(TestStack stack)
{
    [Fact]
    public async Task Its_rows_go_at_once_and_the_figures_with_the_next_roll_up()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(2));
        await host.ImportAsync([TestSite.Line("goes"), TestSite.Line("stays")]);
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });
        var deployment = await host.DeployAsync((string)(await host.CreatePolicyAsync())["id"]!, collection);
        await host.ActiveAsync(deployment);
        Assert.Equal(2, (int)(await host.RollUpAsync())["site"]!["devices"]!);

        Assert.Equal(HttpStatusCode.NoContent, (await host.Admin.DeleteAsync("/api/devices/Goes")).StatusCode);

        Assert.Equal([$"!{collection}!stays", "stays", $"stays!{deployment}"], (await host.FleetKeysAsync()).Order(StringComparer.Ordinal));
        await (await host.Admin.GetAsync("/api/devices/goes")).ProblemAsync(HttpStatusCode.NotFound, "device.not-found");
        Assert.Equal(["stays"], (await host.ListAsync("/api/devices")).Select(d => (string)d["id"]!));
        Assert.Equal(["stays"], await host.MembersAsync(collection));
        Assert.Equal(1, await host.MemberCountAsync(collection));
        Assert.Equal(2, (int)(await host.GetJsonAsync("/api/health/summary"))["site"]!["devices"]!);
        Assert.Equal(1, (int)(await host.RollUpAsync())["site"]!["devices"]!);
        Assert.Equal(1, (int)(await host.GetJsonAsync($"/api/deployments/{deployment}"))["statuses"]!["unknown"]!);
        await (await host.Admin.DeleteAsync("/api/devices/goes")).ProblemAsync(HttpStatusCode.NotFound, "device.not-found");
    }

    [Fact]
    public async Task Killed_anywhere_and_repeated_nothing_is_left()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        var collections = new List<string>();
        for (var i = 0; i < 60; i++)
        {
            collections.Add(await host.CreateCollectionAsync($"Collection {i}", new { tag = "all" }));
        }

        var policy = (string)(await host.CreatePolicyAsync())["id"]!;
        for (var i = 0; i < 60; i++) // 60 index rows, 60 assignments and the device: more than one transaction holds
        {
            // A fan-out that came late could place the device while it is being deleted.
            await host.ActiveAsync(await host.DeployAsync(policy, collections[i]));
        }

        await host.ImportAsync([TestSite.Line("goes")]);
        Assert.Equal(121, (await host.FleetKeysAsync()).Count(key => key.Contains("goes", StringComparison.Ordinal)));

        var kills = 0;
        try
        {
            while (await host.Tap.CrashAfterAsync(kills, () => host.Get<DeviceService>().DeleteAsync("goes", Caller.Service, CancellationToken.None)))
            {
                kills++;
            }
        }
        catch (Core.Errors.DomainException e)
        {
            Assert.Equal("device.not-found", e.Error.Code); // a repeat after its last row went
        }

        Assert.True(kills >= 3, $"It was killed {kills} times only.");
        Assert.Empty(await host.FleetKeysAsync());
    }

    [Fact]
    public async Task A_deletion_that_stopped_half_way_is_finished_by_the_roll_up()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        await host.ImportAsync([TestSite.Line("goes"), TestSite.Line("stays")]);
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });
        await host.Get<Core.Site.SiteSnapshots>().ReadAsync(CancellationToken.None);

        // It says what it is going to do, reads the device, marks it, and dies.
        Assert.True(await host.Tap.CrashAfterAsync(3, () => host.Get<DeviceService>().DeleteAsync("goes", Caller.Service, CancellationToken.None)));

        await (await host.Admin.GetAsync("/api/devices/goes")).ProblemAsync(HttpStatusCode.NotFound, "device.not-found");
        await (await host.PutAsync("goes", new { name = "X", build = 19045, productType = 1 })).ProblemAsync(HttpStatusCode.Conflict, "device.deleting");
        var import = await host.ImportAsync([TestSite.Line("goes"), TestSite.Line("stays")]);
        Assert.Equal((1, 1, "device.deleting"), ((int)import["rejected"]!, (int)import["unchanged"]!, (string)import["errors"]![0]!["code"]!));
        Assert.Equal(["stays"], (await host.ListAsync("/api/devices")).Select(d => (string)d["id"]!));

        Assert.Equal(1, (int)(await host.RollUpAsync())["site"]!["devices"]!);

        Assert.Equal([$"!{collection}!stays", "stays"], (await host.FleetKeysAsync()).Order(StringComparer.Ordinal));
        await (await host.PutAsync("goes", new { name = "X", build = 19045, productType = 1 })).JsonAsync();
    }

    [Fact]
    public async Task A_device_that_comes_back_starts_anew()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        await host.ImportAsync([TestSite.Line("device-1")]);
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });
        var deployment = await host.DeployAsync((string)(await host.CreatePolicyAsync())["id"]!, collection);
        await host.ActiveAsync(deployment);
        var device = await host.EnrollAsync("device-1");
        await device.ObeyAsync();
        await device.IngestedAsync();
        await Eventually.TrueAsync(async () => (string?)(await host.GetJsonAsync("/api/devices/device-1"))["targets"]![0]!["status"] == "Success");
        await host.Admin.DeleteAsync("/api/devices/device-1");

        await host.ImportAsync([TestSite.Line("device-1")]);

        var again = await host.GetJsonAsync("/api/devices/device-1");
        Assert.Equal(("Unknown", "NeverReached", false), ((string)again["targets"]![0]!["status"]!, (string)again["health"]!, (bool)again["enrolled"]!));
        using var client = device.Client();
        await (await client.PostAsync("/api/agent/check-in", System.Net.Http.Json.JsonContent.Create(new { }))).ProblemAsync(HttpStatusCode.Unauthorized, "device.not-enrolled");
    }
}
