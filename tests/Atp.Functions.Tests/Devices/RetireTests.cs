using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atp.Core.Agent;
using Atp.Core.Devices;
using Atp.Core.Requests;
using Atp.Core.Storage;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Devices;

/// <summary>A device that goes out of use counts nowhere, and comes back as it was.</summary>
public sealed class RetireTests(TestStack stack) : IAsyncLifetime
{
    private AtpHost host = null!;
    private string byRule = null!;
    private string direct = null!;
    private string deployment = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        host = await AtpHost.StartAsync(stack, Fleet.Shards(2));
        await host.ImportAsync([TestSite.Line("goes"), TestSite.Line("stays")]);
        byRule = await host.CreateCollectionAsync("By rule", new { tag = "all" });
        direct = await host.CreateCollectionAsync("Direct");
        await (await host.Admin.PostAsJsonAsync($"/api/collections/{direct}/members/add", new { deviceIds = new[] { "goes" } }, Stop)).JsonAsync();
        deployment = await host.DeployAsync((string)(await host.CreatePolicyAsync())["id"]!, byRule, direct);
        await host.ActiveAsync(deployment);
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task A_retired_device_is_in_no_collection_no_figure_and_no_list_and_can_still_be_read()
    {
        Assert.Equal(2, (int)(await host.RollUpAsync())["site"]!["devices"]!);

        await (await RetireAsync("Goes", new { reason = " Sold " })).JsonAsync();

        Assert.Equal(["stays"], await host.MembersAsync(byRule));
        Assert.Empty(await host.MembersAsync(direct));
        Assert.Equal((1, 0), (await host.MemberCountAsync(byRule), await host.MemberCountAsync(direct)));
        Assert.DoesNotContain(await host.FleetKeysAsync(), key => key.StartsWith('!') && key.EndsWith("!goes", StringComparison.Ordinal));
        var summary = await host.RollUpAsync();
        Assert.Equal((1, 1), ((int)summary["site"]!["devices"]!, (int)summary["site"]!["targeted"]!));
        Assert.All(summary["scopes"]!.AsArray(), scope => Assert.InRange((int)scope!["devices"]!, 0, 1));
        Assert.Equal((1, 1), await StatusesAsync());
        Assert.Equal(["stays"], (await host.ListAsync("/api/devices")).Select(d => (string)d["id"]!));
        Assert.Equal(["stays"], (await host.ListAsync("/api/devices?retired=false")).Select(d => (string)d["id"]!));
        Assert.Equal(["goes"], (await host.ListAsync("/api/devices?retired=true")).Select(d => (string)d["id"]!));
        await (await host.Admin.GetAsync("/api/devices?retired=yes", Stop)).ProblemAsync(HttpStatusCode.BadRequest, "query.flag-invalid", "retired");

        var page = await host.GetJsonAsync("/api/devices/goes");
        Assert.Equal("Sold", (string?)page["retirement"]!["reason"]);
        Assert.StartsWith("Retired: Sold.", (string?)page["retirementMessage"]!["text"], StringComparison.Ordinal);
        Assert.Empty(page["targets"]!.AsArray());
        Assert.Equal([direct], page["directCollections"]!.AsArray().Select(id => (string?)id));
    }

    [Fact]
    public async Task A_retired_device_is_not_let_in_and_what_it_reports_is_dropped()
    {
        var device = await host.EnrollAsync("goes");
        await device.CheckInAsync();
        await (await RetireAsync("goes", new { reason = "Re-imaged", replacedBy = "NEW-1" })).JsonAsync();
        using var client = device.Client();

        var problem = await (await client.PostAsJsonAsync("/api/agent/check-in", new { }, Stop)).ProblemAsync(HttpStatusCode.Forbidden, "device.retired");

        Assert.Contains("Enroll it under that id", (string?)problem["detail"], StringComparison.Ordinal);
        Assert.Contains("new-1", (string?)problem["detail"], StringComparison.Ordinal);
        await (await device.GetAsync($"/api/agent/configuration/{deployment}")).ProblemAsync(HttpStatusCode.Forbidden, "device.retired");
        await (await host.Admin.PostAsJsonAsync("/api/devices/goes/enroll", new { newKey = true }, Stop)).ProblemAsync(HttpStatusCode.Conflict, "device.retired");
        await device.SendAsync(device.Healthy(deployment, 1));
        await device.IngestedAsync();
        Assert.Null((await host.GetJsonAsync("/api/devices/goes"))["lastReport"]);
        Assert.Contains(host.Log.Lines, line => line.Contains("Report of device goes dropped: Retired", StringComparison.Ordinal));
        await (await RetireAsync("goes", new { reason = "Lost" })).JsonAsync();
        problem = await (await client.PostAsJsonAsync("/api/agent/check-in", new { }, Stop)).ProblemAsync(HttpStatusCode.Forbidden, "device.retired");
        Assert.Contains("ask an administrator to reinstate it", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reinstated_device_comes_back_as_it_was()
    {
        var device = await host.EnrollAsync("goes");
        await device.ObeyAsync();
        await device.IngestedAsync();
        var before = await Eventually.GetAsync(() => host.GetJsonAsync("/api/devices/goes"), d => (string?)d["targets"]![0]!["status"] == "Success");
        await (await RetireAsync("goes", new { reason = "In the store room" })).JsonAsync();
        await host.RollUpAsync();

        for (var twice = 0; twice < 2; twice++)
        {
            var answer = await (await host.Admin.PostAsync("/api/devices/goes/reinstate", null, Stop)).JsonAsync();
            Assert.Equal(before.ToJsonString(), answer.ToJsonString());
        }

        Assert.Equal(["goes", "stays"], await host.MembersAsync(byRule));
        Assert.Equal((2, 1), (await host.MemberCountAsync(byRule), await host.MemberCountAsync(direct)));
        await host.RollUpAsync();
        Assert.Equal((2, 1), await StatusesAsync());
        await device.CheckInAsync();
    }

    [Fact]
    public async Task Retiring_it_again_with_the_same_words_changes_nothing_and_other_words_replace_them()
    {
        await RetireAsync("goes", new { reason = "Sold" });
        var rows = await host.VersionsAsync(TableNames.Fleet);
        host.Clock.Advance(TimeSpan.FromDays(2));

        await (await RetireAsync("goes", new { reason = "Sold" })).JsonAsync();

        Assert.Equal(rows, await host.VersionsAsync(TableNames.Fleet));
        Assert.Equal(["Sold", "Sold"], (await host.AuditedAsync("device.retire")).Select(row => row.GetString("Detail")));
        var changed = (await (await RetireAsync("goes", new { reason = "Re-imaged", replacedBy = "new-1" })).JsonAsync())["retirement"]!;
        Assert.Equal(("Re-imaged", "new-1", host.Clock.GetUtcNow()), ((string?)changed["reason"], (string?)changed["replacedBy"], (DateTimeOffset)changed["at"]!));
        Assert.Equal(3, (await host.AuditedAsync("device.retire")).Count);
        await host.Admin.PostAsync("/api/devices/goes/reinstate", null, Stop);
        Assert.Single(await host.AuditedAsync("device.reinstate"));
    }

    [Fact]
    public async Task Inventory_of_a_retired_device_is_kept_and_leaves_it_retired()
    {
        await RetireAsync("goes", new { reason = "Sold" });

        var imported = await host.ImportAsync([TestSite.Line("goes", build: 22631)]);
        var put = await (await host.PutAsync("goes", new { name = "RENAMED", build = 26100, productType = 1, tags = new[] { "all" } })).JsonAsync();

        Assert.Equal(1, (int)imported["updated"]!);
        Assert.Equal(("RENAMED", 26100), ((string?)put["name"], (int)put["build"]!));
        Assert.NotNull(put["retirement"]);
        await (await host.Admin.PostAsJsonAsync($"/api/collections/{byRule}/members/add", new { deviceIds = new[] { "goes" } }, Stop)).JsonAsync();
        Assert.Equal(["stays"], await host.MembersAsync(byRule));
        Assert.Equal(1, (int)(await host.RollUpAsync())["site"]!["devices"]!);
    }

    [Fact]
    public async Task A_rule_that_changes_while_it_is_retired_holds_when_it_is_reinstated()
    {
        await RetireAsync("goes", new { reason = "Sold" });
        var later = await host.CreateCollectionAsync("Later", new { namePattern = "GO*" });
        Assert.Empty(await host.MembersAsync(later));

        await (await host.Admin.PostAsync("/api/devices/goes/reinstate", null, Stop)).JsonAsync();

        Assert.Equal(["goes"], await host.MembersAsync(later));
    }

    [Theory]
    [InlineData("""{}""", "body.field-missing", "reason")]
    [InlineData("""{"reason":" "}""", "device.reason-invalid", "reason")]
    [InlineData("""{"reason":"a\nb"}""", "device.reason-invalid", "reason")]
    [InlineData("""{"reason":"x","replacedBy":"no id"}""", "device.id-invalid", "replacedBy")]
    [InlineData("""{"reason":"x","replacedBy":"GOES"}""", "device.replaces-itself", "replacedBy")]
    [InlineData("""{"reason":"","replacedBy":"goes"}""", "device.reason-invalid", "replacedBy")]
    [InlineData("""{"reason":"x","until":"2027"}""", "body.unknown-field", "until")]
    public async Task A_bad_retirement_is_refused_by_field_and_nothing_changes(string body, string code, string field)
    {
        var rows = await host.VersionsAsync(TableNames.Fleet);

        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        await (await host.Admin.PostAsync("/api/devices/goes/retire", content, Stop)).ProblemAsync(HttpStatusCode.BadRequest, code, field);

        Assert.Equal(rows, await host.VersionsAsync(TableNames.Fleet));
    }

    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        await (await RetireAsync("nobody", new { reason = "x" })).ProblemAsync(HttpStatusCode.NotFound, "device.not-found");
        await (await host.Admin.PostAsync("/api/devices/nobody/reinstate", null, Stop)).ProblemAsync(HttpStatusCode.NotFound, "device.not-found");
        await (await RetireAsync("no id", new { reason = "x" })).ProblemAsync(HttpStatusCode.BadRequest, "device.id-invalid", "deviceId");
    }

    [Fact]
    public async Task Killed_anywhere_and_repeated_members_are_counted_and_the_audit_says_that_it_was_done()
    {
        var life = host.Get<DeviceLife>();
        var kills = 0;
        for (var requests = 0; await host.Tap.CrashAfterAsync(requests, () =>
            life.RetireAsync("goes", new RetireDevice("Sold"), Caller.Service, CancellationToken.None)); requests++)
        {
            kills++;
        }

        Assert.Equal((1, 0), (await host.MemberCountAsync(byRule), await host.MemberCountAsync(direct)));
        Assert.NotEmpty(await host.AuditedAsync("device.retire"));
        for (var requests = 0; await host.Tap.CrashAfterAsync(requests, () =>
            life.ReinstateAsync("goes", Caller.Service, CancellationToken.None)); requests++)
        {
            kills++;
        }

        Assert.True(kills >= 12, $"It was killed {kills} times only.");
        Assert.Equal((2, 1), (await host.MemberCountAsync(byRule), await host.MemberCountAsync(direct)));
        Assert.Equal(["goes", "stays"], await host.MembersAsync(byRule));
    }

    [Fact]
    public async Task A_check_in_that_meets_the_retirement_does_not_bring_the_device_back()
    {
        var device = await host.EnrollAsync("goes");
        await host.Get<Core.Site.SiteSnapshots>().ReadAsync(Stop);
        var token = new DeviceToken("goes", device.KeyVersion, 1);

        // It reads the device; before it writes, an administrator retires it.
        await host.Tap.InBetweenAsync(1, () => RetireAsync("goes", new { reason = "Sold" }), async () =>
        {
            var refused = await Assert.ThrowsAsync<Core.Errors.DomainException>(() => host.Get<AgentService>().CheckInAsync(token, new CheckIn(), Stop));
            Assert.Equal("device.retired", refused.Error.Code);
        });

        Assert.NotNull((await host.GetJsonAsync("/api/devices/goes"))["retirement"]);
        Assert.Equal(["stays"], await host.MembersAsync(byRule));
        Assert.Equal("goes", device.Id);
    }

    private async Task<HttpResponseMessage> RetireAsync(string deviceId, object body) =>
        await host.Admin.PostAsJsonAsync($"/api/devices/{deviceId}/retire", body, Stop);

    /// <summary>Sum of the deployment's statuses, and how many of them aren't Success.</summary>
    private async Task<(int All, int Open)> StatusesAsync()
    {
        var statuses = (await host.GetJsonAsync($"/api/deployments/{deployment}"))["statuses"]!.AsObject();
        var all = statuses.Where(s => s.Key != "asOf").Sum(s => (int)s.Value!);
        return (all, all - (int)statuses["success"]!);
    }
}
