using System.Net;
using Atp.Core.Storage;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Devices;

/// <summary>What administrators do with single devices.</summary>
public sealed class DeviceTests(TestStack stack) : IAsyncLifetime
{
    private static readonly object Inventory = new { name = "PC-1", build = 19045, productType = 1, sku = 4, tags = new[] { "b", "a", "A" } };

    private AtpHost host = null!;

    public async ValueTask InitializeAsync() => host = await AtpHost.StartAsync(stack, Fleet.Shards(3));

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task An_upsert_creates_and_then_changes_a_device_under_an_id_in_lower_case()
    {
        var created = await (await host.PutAsync("Device-1", Inventory)).JsonAsync();
        Assert.Equal("device-1", (string)created["id"]!);
        Assert.Equal(("Windows 10 22H2", "UpLevel"), ((string)created["operatingSystem"]!, (string)created["platform"]!));
        Assert.Equal(["a", "b"], created["tags"]!.AsArray().Select(t => ((string)t!).ToLowerInvariant()));
        Assert.False((bool)created["enrolled"]!);

        await (await host.PutAsync("DEVICE-1", new { name = "PC-2", build = "6.3.9600", productType = 3, monitoringAgentVersion = "10.20" })).JsonAsync();

        var changed = await host.GetJsonAsync("/api/devices/device-1");
        Assert.Equal(("PC-2", 9600, 3, "Windows Server 2012 R2", "DownLevel", "10.20"), ((string)changed["name"]!, (int)changed["build"]!,
            (int)changed["productType"]!, (string)changed["operatingSystem"]!, (string)changed["platform"]!, (string)changed["monitoringAgentVersion"]!));
        Assert.Equal(["device-1"], await host.FleetKeysAsync());
    }

    [Fact]
    public async Task An_upsert_of_what_is_there_writes_nothing()
    {
        await host.PutAsync("device-1", Inventory);
        var before = await host.VersionsAsync(TableNames.Fleet);

        await (await host.PutAsync("device-1", Inventory)).JsonAsync();

        Assert.Equal(before, await host.VersionsAsync(TableNames.Fleet));
    }

    [Fact]
    public async Task A_bad_inventory_is_refused_by_field_all_at_once_and_nothing_is_stored()
    {
        var answer = await host.PutAsync("device-1", new
        {
            deviceId = "device-2",
            name = new string('x', 65),
            build = "10.0",
            productType = 4,
            sku = -1,
            tags = new[] { "" },
            monitoringAgentVersion = new string('1', 65),
        });

        var problem = await answer.ProblemAsync(HttpStatusCode.BadRequest, "inventory.device-id-not-here", "deviceId");
        Assert.Equal(["build", "deviceId", "monitoringAgentVersion", "name", "productType", "sku", "tags"],
            problem["errors"]!.AsObject().Select(e => e.Key).Order(StringComparer.Ordinal));
        await (await host.PutAsync("device-1", new { name = "X", build = 1, productType = 1, colour = "red" }))
            .ProblemAsync(HttpStatusCode.BadRequest, "body.unknown-field", "colour");
        Assert.Empty(await host.FleetKeysAsync());
    }

    [Theory]
    [InlineData("has%20space")]
    [InlineData("semi;colon")]
    [InlineData("exclamation!")]
    [InlineData("quote'")]
    [InlineData("%C3%A4")]
    [InlineData("%E2%84%AAelvin")]
    [InlineData("hash%23")]
    [InlineData("question%3F")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task An_id_with_forbidden_characters_is_refused_everywhere(string id)
    {
        var answers = new[]
        {
            await host.PutAsync(id, Inventory),
            await host.Admin.GetAsync($"/api/devices/{id}"),
            await host.Admin.DeleteAsync($"/api/devices/{id}"),
            await host.Admin.PostAsync($"/api/devices/{id}/block", null),
            await host.Admin.PostAsync($"/api/devices/{id}/unblock", null),
            await host.ChangeAsync(HttpMethod.Post, $"/api/devices/{id}/enroll", null, new { }),
        };

        foreach (var answer in answers)
        {
            await answer.ProblemAsync(HttpStatusCode.BadRequest, "device.id-invalid", "deviceId");
        }

        Assert.Empty(await host.FleetKeysAsync());
    }

    [Fact]
    public async Task A_device_that_is_not_there_is_not_found_by_any_call()
    {
        var answers = new[]
        {
            await host.Admin.GetAsync("/api/devices/nobody"),
            await host.Admin.DeleteAsync("/api/devices/nobody"),
            await host.Admin.PostAsync("/api/devices/nobody/block", null),
            await host.Admin.PostAsync("/api/devices/nobody/unblock", null),
            await host.ChangeAsync(HttpMethod.Post, "/api/devices/nobody/enroll", null, new { }),
        };

        foreach (var answer in answers)
        {
            await answer.ProblemAsync(HttpStatusCode.NotFound, "device.not-found");
        }

        Assert.Empty(await host.FleetKeysAsync());
    }

    [Theory]
    [InlineData(4)]
    [InlineData(25)]
    [InlineData(1000)]
    public async Task The_list_names_every_device_once_whatever_the_page_size(int pageSize)
    {
        var ids = Enumerable.Range(0, 25).Select(i => $"device-{i:D2}").ToList();
        await host.ImportAsync(ids.Select(id => TestSite.Line(id)));
        await host.CreateCollectionAsync("All", new { tag = "all" }); // index rows lie between, and must not show

        var listed = await host.ListAsync($"/api/devices?pageSize={pageSize}");

        Assert.Equal(ids, listed.Select(d => (string)d["id"]!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_page_holds_no_more_than_was_asked_for_and_survives_the_deletion_of_its_last_device()
    {
        await host.ImportAsync(Enumerable.Range(0, 10).Select(i => TestSite.Line($"device-{i:D2}")));
        var page = await host.GetJsonAsync("/api/devices?pageSize=3");
        Assert.Equal(3, page["value"]!.AsArray().Count);
        var last = (string)page["value"]![2]!["id"]!;
        await host.Admin.DeleteAsync($"/api/devices/{last}");

        var rest = await host.ListAsync((string)page["nextLink"]!);

        Assert.Equal(7, rest.Count);
        Assert.DoesNotContain(rest, d => (string)d["id"]! == last);
    }

    [Fact]
    public async Task A_blocked_device_is_let_in_nowhere_until_it_is_unblocked()
    {
        await host.PutAsync("device-1", Inventory);
        var device = await host.EnrollAsync("device-1");
        await device.CheckInAsync();

        for (var twice = 0; twice < 2; twice++)
        {
            Assert.Equal(HttpStatusCode.NoContent, (await host.Admin.PostAsync("/api/devices/Device-1/block", null)).StatusCode);
        }

        Assert.True((bool)(await host.GetJsonAsync("/api/devices/device-1"))["blocked"]!);
        using var client = device.Client();
        await (await client.PostAsync("/api/agent/check-in", System.Net.Http.Json.JsonContent.Create(new { }))).ProblemAsync(HttpStatusCode.Forbidden, "device.blocked");
        await device.SendAsync(device.Healthy());
        await device.IngestedAsync();
        await (await host.PutAsync("device-1", new { name = "NEW", build = 19045, productType = 1 })).JsonAsync(); // inventory doesn't unblock

        for (var twice = 0; twice < 2; twice++)
        {
            Assert.Equal(HttpStatusCode.NoContent, (await host.Admin.PostAsync("/api/devices/device-1/unblock", null)).StatusCode);
        }

        var unblocked = await host.GetJsonAsync("/api/devices/device-1");
        Assert.False((bool)unblocked["blocked"]!);
        Assert.Null(unblocked["lastReport"]); // what it sent while it was blocked was dropped
        await device.CheckInAsync();
    }

    [Fact]
    public async Task What_administrators_did_to_a_device_is_in_the_audit()
    {
        await host.ImportAsync([TestSite.Line("device-2")]);
        await host.PutAsync("device-1", Inventory);
        await host.PutAsync("device-2", Inventory);
        await host.EnrollAsync("device-1");
        await host.Admin.PostAsync("/api/devices/device-1/block", null);
        await host.Admin.PostAsync("/api/devices/device-1/unblock", null);
        await host.Admin.DeleteAsync("/api/devices/device-1");

        var audit = string.Join('\n', await host.RowsAsync(TableNames.Audit));

        Assert.All(new[] { "devices.import", "created", "inventory updated", "device.enroll", "device.block", "device.unblock", "device.delete" },
            action => Assert.Contains(action, audit, StringComparison.Ordinal));
    }
}
