using System.Net;
using System.Text.Json.Nodes;
using Atp.Core.Devices;
using Atp.Functions.Tests.Devices;
using Atp.Functions.Tests.Http;
using Atp.Functions.Tests.Policies;

namespace Atp.Functions.Tests.Agent;

/// <summary>
/// "If you need to edit the onboarding file": an edit reaches the devices that are onboarded already, and their history shows
/// the old and the new fingerprint.
/// </summary>
public sealed class EditDeliveryTests(TestStack stack)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task From_2010_a_changed_file_or_key_reaches_devices_that_are_onboarded_already_and_the_rest_is_kept()
    {
        await using var site = await StartAsync(2010);
        var (oldFile, oldWorkspace) = (await LastAsync(site, "up-1"), await LastAsync(site, "down-1"));

        var file = stack.Authority.CreateOnboarding(TestSite.OrgId, version: "2.0");
        var edited = await EditAsync(site, 1, new { configurationFile = new { name = file.FileName, content = file.Content } });
        Assert.Equal(["InProgress", "InProgress"], await StatusesAsync(site));
        await ObeyAsync(site, edited);

        var newFile = await LastAsync(site, "up-1");
        Assert.Equal((string?)edited["configurationFile"]!["sha256"], (string?)newFile["fileSha256"]);
        Assert.Equal([Fingerprints(oldFile, 1), Fingerprints(newFile, 2)], await HistoryAsync(site, "up-1"));
        Assert.NotEqual((string?)oldFile["fileSha256"], (string?)newFile["fileSha256"]);
        Assert.Equal([Fingerprints(oldWorkspace, 1), Fingerprints(oldWorkspace, 2)], await HistoryAsync(site, "down-1")); // it was kept

        var newKey = PolicySite.NewKey();
        await ObeyAsync(site, await EditAsync(site, 2, new { workspaceKey = newKey }));

        var newWorkspace = await LastAsync(site, "down-1");
        Assert.StartsWith($"{TestSite.WorkspaceId} ", (string?)newWorkspace["workspace"], StringComparison.Ordinal);
        Assert.Equal([Fingerprints(oldWorkspace, 1), Fingerprints(oldWorkspace, 2), Fingerprints(newWorkspace, 3)], await HistoryAsync(site, "down-1"));
        Assert.NotEqual((string?)oldWorkspace["workspace"], (string?)newWorkspace["workspace"]);
        Assert.Equal(newKey, await site.DownKeyAsync());
        Assert.Equal([Fingerprints(oldFile, 1), Fingerprints(newFile, 2), Fingerprints(newFile, 3)], await HistoryAsync(site, "up-1"));
        Assert.Equal(["Success", "Success"], await StatusesAsync(site));
    }

    [Fact]
    public async Task Up_to_2006_an_edit_of_all_three_reaches_all_devices_and_one_of_less_reaches_none()
    {
        await using var site = await StartAsync(2006);
        var (oldFile, oldWorkspace) = (await LastAsync(site, "up-1"), await LastAsync(site, "down-1"));
        var file = stack.Authority.CreateOnboarding(TestSite.OrgId, version: "2.0");
        var upload = new { name = file.FileName, content = file.Content };

        await (await SendEditAsync(site, 1, new { configurationFile = upload })).ProblemAsync(HttpStatusCode.BadRequest, "policy.all-three-needed", "workspaceKey");
        Assert.Equal(1, (int)(await site.Up.CheckInAsync())["instructions"]!["revision"]!);
        Assert.Equal(["Success", "Success"], await StatusesAsync(site));
        Assert.Equal([Fingerprints(oldFile, 1)], await HistoryAsync(site, "up-1"));

        var newKey = PolicySite.NewKey();
        await ObeyAsync(site, await EditAsync(site, 1, new { configurationFile = upload, workspaceId = TestSite.WorkspaceId, workspaceKey = newKey }));

        Assert.Equal([Fingerprints(oldFile, 1), Fingerprints(await LastAsync(site, "up-1"), 2)], await HistoryAsync(site, "up-1"));
        Assert.Equal([Fingerprints(oldWorkspace, 1), Fingerprints(await LastAsync(site, "down-1"), 2)], await HistoryAsync(site, "down-1"));
        Assert.NotEqual((string?)oldFile["fileSha256"], (string?)(await LastAsync(site, "up-1"))["fileSha256"]);
        Assert.NotEqual((string?)oldWorkspace["workspace"], (string?)(await LastAsync(site, "down-1"))["workspace"]);
        Assert.Equal(newKey, await site.DownKeyAsync());
        Assert.Equal(["Success", "Success"], await StatusesAsync(site));
    }

    [Fact]
    public async Task An_edit_that_changes_neither_delivers_the_same_again_within_the_budget_of_a_check_in()
    {
        await using var site = await StartAsync(2207);
        await EditAsync(site, 1, new { description = "other words" });
        await site.Host.Get<Core.Site.SiteSnapshots>().ReadAsync(Stop);

        Assert.Equal(2, await CostAsync(site, () => site.Up.CheckInAsync()));
        Assert.Equal(1, await CostAsync(site, () => site.Up.CheckInAsync()));

        var first = await LastAsync(site, "down-1");
        Assert.Equal([Fingerprints(first, 1)], await HistoryAsync(site, "down-1")); // it hasn't come yet
        var history = await HistoryAsync(site, "up-1");
        Assert.Equal(2, history.Count);
        Assert.Equal(history[0].Replace("revision 1", "", StringComparison.Ordinal), history[1].Replace("revision 2", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_device_that_changes_to_an_up_level_system_shows_that_the_file_took_the_place_of_the_workspace()
    {
        await using var site = await StartAsync(2207);
        site.Host.Clock.Advance(TimeSpan.FromHours(1));

        await site.Down.CheckInAsync(new { name = "DOWN-1", build = 20348, productType = 3, tags = new[] { "all" } });
        await site.Down.CheckInAsync();

        var page = await site.Host.GetJsonAsync("/api/devices/down-1");
        var deliveries = page["targets"]![0]!["deliveries"]!.AsArray();
        Assert.Equal(2, deliveries.Count);
        Assert.Equal((1, true, true), ((int)deliveries[1]!["revision"]!, deliveries[1]!["workspace"] is null, deliveries[1]!["fileSha256"] is not null));
        Assert.Null(deliveries[0]!["fileSha256"]);
    }

    [Fact]
    public async Task The_last_twenty_deliveries_are_kept()
    {
        await using var site = await StartAsync(2207);
        for (var revision = 1; revision <= Assignment.MaxDeliveries + 4; revision++)
        {
            await EditAsync(site, revision, new { description = $"edit {revision}" });
            await site.Up.CheckInAsync();
        }

        var history = await HistoryAsync(site, "up-1");

        Assert.Equal(Assignment.MaxDeliveries, history.Count);
        Assert.StartsWith("revision 6 ", history[0], StringComparison.Ordinal);
        Assert.StartsWith("revision 25 ", history[^1], StringComparison.Ordinal);
        var listed = await site.Host.ListAsync("/api/devices");
        Assert.All(listed, device => Assert.Null(device["targets"]![0]!["deliveries"])); // a list doesn't carry them
    }

    /// <summary>An up-level and a down-level device that have applied revision 1.</summary>
    private async Task<Edited> StartAsync(int version)
    {
        var host = await AtpHost.StartAsync(stack, new AtpHostOptions
        {
            Settings = { ["Atp:Site:ShardCount"] = "1", ["Atp:Site:ConfigurationManagerVersion"] = $"{version}" },
        });
        await host.ImportAsync([TestSite.Line("up-1"), TestSite.Line("down-1", build: 14393, productType: 3)]);
        var policy = (string)(await host.CreatePolicyAsync())["id"]!;
        var deployment = await host.DeployAsync(policy, await host.CreateCollectionAsync("All", new { tag = "all" }));
        await host.ActiveAsync(deployment);
        var site = new Edited(host, policy, deployment, await host.EnrollAsync("up-1"), await host.EnrollAsync("down-1"));
        await ObeyAsync(site, await host.GetJsonAsync($"/api/policies/{policy}"));
        Assert.Equal(["Success", "Success"], await StatusesAsync(site));
        return site;
    }

    /// <summary>Both devices check in, are told the policy's current revision, and apply it.</summary>
    private static async Task ObeyAsync(Edited site, JsonObject policy)
    {
        site.Host.Clock.Advance(TimeSpan.FromMinutes(61));
        foreach (var device in new[] { site.Up, site.Down })
        {
            var instructions = (await device.ObeyAsync())["instructions"]!;
            Assert.Equal((int)policy["revision"]!, (int)instructions["revision"]!);
            Assert.Equal(device == site.Up ? (string?)policy["configurationFile"]!["sha256"] : null, (string?)instructions["configuration"]?["sha256"]);
            await device.IngestedAsync();
            await Eventually.GetAsync(() => site.Host.GetJsonAsync($"/api/devices/{device.Id}"), d => (string?)d["targets"]![0]!["status"] == "Success");
        }
    }

    private static Task<HttpResponseMessage> SendEditAsync(Edited site, int revision, object edit) =>
        site.Host.ChangeAsync(HttpMethod.Patch, $"/api/policies/{site.Policy}", revision, edit);

    private static async Task<JsonObject> EditAsync(Edited site, int revision, object edit) => await (await SendEditAsync(site, revision, edit)).JsonAsync();

    private static async Task<List<string?>> StatusesAsync(Edited site) =>
    [
        (string?)(await site.Host.GetJsonAsync("/api/devices/up-1"))["targets"]![0]!["status"],
        (string?)(await site.Host.GetJsonAsync("/api/devices/down-1"))["targets"]![0]!["status"],
    ];

    private static async Task<JsonArray> DeliveriesAsync(Edited site, string deviceId) =>
        (await site.Host.GetJsonAsync($"/api/devices/{deviceId}"))["targets"]![0]!["deliveries"]!.AsArray();

    private static async Task<JsonObject> LastAsync(Edited site, string deviceId) => (await DeliveriesAsync(site, deviceId))[^1]!.AsObject();

    private static async Task<List<string>> HistoryAsync(Edited site, string deviceId) =>
        [.. (await DeliveriesAsync(site, deviceId)).Select(d => Fingerprints(d!.AsObject(), (int)d["revision"]!))];

    private static string Fingerprints(JsonObject delivery, int revision) =>
        $"revision {revision} file {delivery["fileSha256"]} workspace {delivery["workspace"]}";

    private static async Task<long> CostAsync(Edited site, Func<Task> call)
    {
        var before = site.Host.Transactions;
        await call();
        return site.Host.Transactions - before;
    }

    private sealed record Edited(AtpHost Host, string Policy, string Deployment, TestDevice Up, TestDevice Down) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Host.DisposeAsync();

        /// <summary>The Workspace key that the down-level device gets.</summary>
        public async Task<string?> DownKeyAsync() =>
            (string?)(await (await Down.GetAsync($"/api/agent/workspace/{Deployment}")).JsonAsync())["workspaceKey"];
    }
}
