using System.Net;
using System.Net.Http.Json;
using Atp.Core.Devices;
using Atp.Core.Errors;
using Atp.Core.Requests;
using Atp.Core.Storage;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Devices;

/// <summary>A computer that comes back under a new id keeps its place and is counted once.</summary>
public sealed class ReImageTests(TestStack stack) : IAsyncLifetime
{
    private AtpHost host = null!;
    private string direct = null!;
    private string deployment = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        host = await AtpHost.StartAsync(stack, Fleet.Shards(2));
        await host.ImportAsync([TestSite.Line("old", tags: ""), TestSite.Line("new", tags: ""), TestSite.Line("other", tags: "")]);
        direct = await host.CreateCollectionAsync("Direct");
        await (await host.Admin.PostAsJsonAsync($"/api/collections/{direct}/members/add", new { deviceIds = new[] { "old", "other" } }, Stop)).JsonAsync();
        deployment = await host.DeployAsync((string)(await host.CreatePolicyAsync())["id"]!, direct);
        await host.ActiveAsync(deployment);
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task The_new_id_takes_over_the_direct_collections_and_the_old_one_is_retired()
    {
        var old = await host.EnrollAsync("old");
        await old.ObeyAsync();
        await old.IngestedAsync();

        var key = await (await EnrollAsync("new", new { replaces = "OLD" })).JsonAsync();

        var retirement = (await host.GetJsonAsync("/api/devices/old"))["retirement"]!;
        Assert.Equal(("Re-imaged", "new"), ((string?)retirement["reason"], (string?)retirement["replacedBy"]));
        Assert.Equal(["new", "other"], await host.MembersAsync(direct));
        Assert.Equal(2, await host.MemberCountAsync(direct));
        using var client = old.Client();
        await (await client.PostAsJsonAsync("/api/agent/check-in", new { }, Stop)).ProblemAsync(HttpStatusCode.Forbidden, "device.retired");
        var device = new TestDevice(host, "new", (string)key["key"]!, (int)key["keyVersion"]!);
        Assert.Equal(deployment, (string?)(await device.CheckInAsync())["instructions"]!["deploymentId"]);
        var summary = await host.RollUpAsync();
        Assert.Equal((2, 2), ((int)summary["site"]!["devices"]!, (int)summary["site"]!["targeted"]!));
        var audit = string.Join('\n', await host.RowsAsync(TableNames.Audit));
        Assert.Contains("Re-imaged; replaced by new", audit, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Killed_anywhere_it_never_counts_twice_and_a_repeat_finishes_it()
    {
        var request = new ChangeRequest(new Caller("anna", "Anna"), Guid.NewGuid().ToString(), "body");
        Task EnrollAsync() => host.Get<DeviceService>().EnrollAsync("new", new EnrollDevice(Replaces: "old"), request, CancellationToken.None);
        var kills = 0;
        for (; await host.Tap.CrashAfterAsync(kills, EnrollAsync); kills++)
        {
            var members = await host.MembersAsync(direct);
            Assert.False(members.Contains("old") && members.Contains("new"), "It counts twice.");
        }

        await EnrollAsync();

        Assert.True(kills >= 12, $"It was killed {kills} times only.");
        Assert.Equal(["new", "other"], await host.MembersAsync(direct));
        Assert.Equal(2, await host.MemberCountAsync(direct));
        var enrolled = (await host.Get<FleetTable>().FindAsync("new", Stop)).Device!;
        Assert.Equal((enrolled with { KeyVersion = 0 }).NextKeyVersion(host.Clock.GetUtcNow()), enrolled.KeyVersion); // the first, given once
        await host.RollUpAsync();
        Assert.Equal(2, (await host.GetJsonAsync($"/api/deployments/{deployment}"))["statuses"]!.AsObject().Where(s => s.Key != "asOf").Sum(s => (int)s.Value!));
        Assert.All(await host.AuditedAsync("device.retire"), row => Assert.Equal(("old", "Re-imaged; replaced by new"), (row.GetString("Subject"), row.GetString("Detail"))));
        Assert.NotEmpty(await host.AuditedAsync("device.enroll"));
    }

    [Fact]
    public async Task A_late_repeat_of_the_request_does_not_retire_the_old_one_again()
    {
        var id = Guid.NewGuid().ToString();
        var first = await (await EnrollAsync("new", new { replaces = "old" }, id)).JsonAsync();
        await (await host.Admin.PostAsync("/api/devices/old/reinstate", null, Stop)).JsonAsync();

        var repeated = await (await EnrollAsync("new", new { replaces = "old" }, id)).JsonAsync();

        Assert.Equal(first.ToJsonString(), repeated.ToJsonString());
        Assert.Null((await host.GetJsonAsync("/api/devices/old"))["retirement"]);
        await (await EnrollAsync("new", new { replaces = "other" }, id)).ProblemAsync(HttpStatusCode.UnprocessableEntity, "request.repeated-with-other-body");
    }

    [Theory]
    [InlineData("nobody", HttpStatusCode.NotFound, "device.not-found")]
    [InlineData("NEW", HttpStatusCode.BadRequest, "device.replaces-itself")]
    [InlineData("no id", HttpStatusCode.BadRequest, "device.id-invalid")]
    public async Task What_it_can_not_replace_is_refused_by_field_and_nothing_changes(string replaces, HttpStatusCode status, string code)
    {
        var rows = await host.VersionsAsync(TableNames.Fleet);

        await (await EnrollAsync("new", new { replaces })).ProblemAsync(status, code, "replaces");

        Assert.Equal(rows, await host.VersionsAsync(TableNames.Fleet));
    }

    [Fact]
    public async Task A_device_that_was_replaced_by_a_third_is_a_conflict()
    {
        await (await EnrollAsync("other", new { replaces = "old" })).JsonAsync();
        var rows = await host.VersionsAsync(TableNames.Fleet);

        var problem = await (await EnrollAsync("new", new { replaces = "old" })).ProblemAsync(HttpStatusCode.Conflict, "device.replaced-already");

        Assert.Contains("other", (string?)problem["detail"], StringComparison.Ordinal);
        Assert.Equal(rows, await host.VersionsAsync(TableNames.Fleet));
    }

    [Fact]
    public async Task The_old_one_stays_in_use_when_the_new_one_can_be_given_no_key()
    {
        await host.EnrollAsync("new");
        await (await EnrollAsync("new", new { replaces = "old" })).ProblemAsync(HttpStatusCode.Conflict, "device.enrolled");
        await host.Admin.PostAsJsonAsync("/api/devices/new/retire", new { reason = "x" }, Stop);
        await (await EnrollAsync("new", new { replaces = "old", newKey = true })).ProblemAsync(HttpStatusCode.Conflict, "device.retired");
        await (await EnrollAsync("nobody", new { replaces = "old" })).ProblemAsync(HttpStatusCode.NotFound, "device.not-found");

        Assert.Null((await host.GetJsonAsync("/api/devices/old"))["retirement"]);
    }

    [Fact]
    public async Task A_device_that_was_retired_before_can_still_be_replaced()
    {
        await host.Admin.PostAsJsonAsync("/api/devices/old/retire", new { reason = "Sent in for repair" }, Stop);

        await (await EnrollAsync("new", new { replaces = "old" })).JsonAsync();

        Assert.Equal("new", (string?)(await host.GetJsonAsync("/api/devices/old"))["retirement"]!["replacedBy"]);
        Assert.Equal(["new", "other"], await host.MembersAsync(direct));
    }

    [Fact]
    public async Task Another_id_that_asks_at_the_same_time_gets_a_conflict_and_one_of_them_wins()
    {
        var service = host.Get<DeviceService>();
        Task EnrollAsync(string id) => service.EnrollAsync(id, new EnrollDevice(Replaces: "old"),
            new ChangeRequest(Caller.Service, null, id), CancellationToken.None);
        await host.ImportAsync([TestSite.Line("third", tags: "")]);

        // One has read the old device; before it retires it, the other replaces it.
        await host.Tap.InBetweenAsync(5, () => EnrollAsync("third"), async () =>
            Assert.Equal("device.replaced-already", (await Assert.ThrowsAsync<DomainException>(() => EnrollAsync("new"))).Error.Code));

        Assert.Equal(["other", "third"], await host.MembersAsync(direct));
    }

    private async Task<HttpResponseMessage> EnrollAsync(string deviceId, object body, string? requestId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/devices/{deviceId}/enroll") { Content = JsonContent.Create(body) };
        if (requestId is not null)
        {
            request.Headers.Add("Repeatability-Request-ID", requestId);
        }

        return await host.Admin.SendAsync(request, Stop);
    }
}
