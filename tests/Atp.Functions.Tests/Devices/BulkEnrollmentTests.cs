using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Atp.Core.Devices;
using Atp.Core.Requests;
using Atp.Core.Storage;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Devices;

/// <summary>A provisioning pipeline gives many devices their keys in one call; each decides for itself.</summary>
public sealed class BulkEnrollmentTests(TestStack stack) : IAsyncLifetime
{
    private AtpHost host = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        await host.ImportAsync(Enumerable.Range(1, 250).Select(i => TestSite.Line($"pc-{i}")));
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task Each_device_gets_its_key_or_is_told_why_not_in_the_order_that_was_asked()
    {
        await host.EnrollAsync("pc-2");
        await (await host.Admin.PostAsJsonAsync("/api/devices/pc-3/retire", new { reason = "sold" }, Stop)).JsonAsync();
        var fleet = host.Get<FleetTable>();
        await fleet.MarkDeletingAsync(await fleet.FindAsync("pc-4", Stop), Stop);

        using var answer = await EnrollAsync(new { deviceIds = new[] { "pc-9", "nobody", "pc-2", "pc-3", "pc-4", "PC-1", "pc-1" } });

        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
        var outcomes = await answer.JsonAsync();
        Assert.Equal(
            ["pc-9 key", "nobody device.not-found", "pc-2 device.enrolled", "pc-3 device.retired", "pc-4 device.deleting", "pc-1 key", "pc-1 key"],
            Results(outcomes).Select(r => $"{r["deviceId"]} {(r["key"] is null ? r["code"] : "key")}"));
        Assert.All(Results(outcomes).Where(r => r["key"] is null), r => Assert.NotEmpty((string)r["detail"]!));
        Assert.Equal((2, 4), ((int)outcomes["enrolled"]!, (int)outcomes["refused"]!));
        await DeviceOf(Results(outcomes)[0]).CheckInAsync();
        await DeviceOf(Results(outcomes)[5]).CheckInAsync();
        var audited = Assert.Single(await host.AuditedAsync("devices.enroll"));
        Assert.Equal(("inventory", "2 enrolled, 4 refused"), (audited.GetString("Subject"), audited.GetString("Detail")));
    }

    [Fact]
    public async Task A_repeated_request_gets_the_same_keys_and_another_one_none()
    {
        var ids = Ids(1, 250);
        var request = Guid.NewGuid().ToString();
        var first = await (await EnrollAsync(new { deviceIds = ids }, request)).JsonAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(1));

        var repeated = await (await EnrollAsync(new { deviceIds = ids }, request)).JsonAsync();

        Assert.Equal(first.ToJsonString(), repeated.ToJsonString());
        Assert.Equal(250, (int)first["enrolled"]!);
        Assert.Equal(250, Results(first).Select(r => (string)r["key"]!).Distinct().Count());
        await (await EnrollAsync(new { deviceIds = ids, newKey = true }, request)).ProblemAsync(
            HttpStatusCode.UnprocessableEntity, "request.repeated-with-other-body");
        Assert.Equal(250, (int)(await (await EnrollAsync(new { deviceIds = ids })).JsonAsync())["refused"]!);
    }

    [Fact]
    public async Task New_keys_make_the_ones_before_worthless()
    {
        var before = Results(await (await EnrollAsync(new { deviceIds = Ids(1, 3) })).JsonAsync());

        var after = Results(await (await EnrollAsync(new { deviceIds = Ids(1, 3), newKey = true })).JsonAsync());

        foreach (var (old, current) in before.Zip(after))
        {
            Assert.True((int)current["keyVersion"]! > (int)old["keyVersion"]!);
            using var client = DeviceOf(old).Client();
            await (await client.PostAsJsonAsync("/api/agent/check-in", new { }, Stop)).ProblemAsync(HttpStatusCode.Unauthorized, "device.key-replaced");
            await DeviceOf(current).CheckInAsync();
        }
    }

    [Fact]
    public async Task Killed_anywhere_a_repeat_gives_every_device_one_key_that_works()
    {
        var request = new ChangeRequest(new Caller("pipeline", "Pipeline"), Guid.NewGuid().ToString(), "body");
        Task<EnrollmentOutcomes> Enroll() => host.Get<BulkEnrollment>().EnrollAsync(new EnrollDevices(Ids(1, 250)), request, CancellationToken.None);
        var kills = 0;
        var versions = new Dictionary<string, int>();
        for (; await host.Tap.CrashAfterAsync(kills, Enroll); kills++)
        {
            host.Clock.Advance(TimeSpan.FromSeconds(1));
            await foreach (var found in host.Get<FleetTable>().DevicesAsync("00", Stop))
            {
                if (found.Device!.KeyVersion > 0)
                {
                    Assert.Equal(versions.GetValueOrDefault(found.Id, found.Device.KeyVersion), found.Device.KeyVersion);
                    versions[found.Id] = found.Device.KeyVersion;
                }
            }
        }

        var outcomes = await Enroll();

        Assert.True(kills >= 6, $"It was killed {kills} times only.");
        Assert.Equal((250, 0), (outcomes.Enrolled, outcomes.Refused));
        Assert.All(outcomes.Results, o => Assert.Equal(versions.GetValueOrDefault(o.DeviceId, o.KeyVersion!.Value), o.KeyVersion));
        foreach (var last in new[] { outcomes.Results[0], outcomes.Results[^1] })
        {
            await new TestDevice(host, last.DeviceId, last.Key!, last.KeyVersion!.Value).CheckInAsync();
        }
    }

    [Fact]
    public async Task A_device_that_changes_meanwhile_keeps_its_change_and_gets_the_key_of_the_request()
    {
        await host.EnrollAsync("pc-250");
        await host.Get<BulkEnrollment>().EnrollAsync(new EnrollDevices(["pc-249"]), Request(), Stop); // so that nothing but the work is read

        EnrollmentOutcomes outcomes = null!;
        // The intent is on record and the devices are read; before the keys are written, one is blocked.
        await host.Tap.InBetweenAsync(2, async () => await host.Admin.PostAsync("/api/devices/pc-7/block", null, Stop),
            async () => outcomes = await host.Get<BulkEnrollment>().EnrollAsync(new EnrollDevices(Ids(1, 120)), Request(), Stop));

        Assert.Equal((120, 0), (outcomes.Enrolled, outcomes.Refused));
        var device = (await host.Get<FleetTable>().FindAsync("pc-7", Stop)).Device!;
        Assert.True(device.Blocked);
        Assert.Equal(outcomes.Results[6].KeyVersion, device.KeyVersion);
        await new TestDevice(host, "pc-8", outcomes.Results[7].Key!, outcomes.Results[7].KeyVersion!.Value).CheckInAsync();
    }

    [Theory]
    [InlineData(0, "devices.count", "deviceIds")]
    [InlineData(1001, "devices.count", "deviceIds")]
    [InlineData(-1, "device.id-invalid", "deviceIds[1]")]
    public async Task What_can_not_be_asked_is_refused_by_field_and_nobody_is_enrolled(int count, string code, string field)
    {
        var rows = await host.VersionsAsync(TableNames.Fleet);

        await (await EnrollAsync(new { deviceIds = count < 0 ? ["pc-1", "no/id"] : Ids(1, count) })).ProblemAsync(HttpStatusCode.BadRequest, code, field);

        Assert.Equal(rows, await host.VersionsAsync(TableNames.Fleet));
    }

    [Fact]
    public async Task Devices_of_a_shard_are_found_by_their_ids_wherever_they_lie()
    {
        var fleet = host.Get<FleetTable>();
        foreach (var wanted in new[]
        {
            Ids(1, 250), ["pc-1", "pc-99"], ["aaa", "pc-10", "pc-100", "pc-250", "zzz"], ["aaa", "bbb"], ["pc-77"], ["pc-1", "pc-1-none", "pc-2", "pc-99", "pc-999"],
        })
        {
            var sorted = wanted.Order(StringComparer.Ordinal).ToList();

            var found = await fleet.FindAllAsync("00", sorted, Stop);

            Assert.Equal(sorted, found.Select(f => f.Id));
            foreach (var device in found)
            {
                Assert.Equal((await fleet.FindAsync(device.Id, Stop)).Version, device.Version);
            }
        }

        var before = host.Transactions;
        await fleet.FindAllAsync("00", [.. Ids(1, 250).Order(StringComparer.Ordinal)], Stop);
        Assert.Equal(1, host.Transactions - before);
    }

    private static ChangeRequest Request() => new(Caller.Service, null, "body");

    private static string[] Ids(int from, int count) => [.. Enumerable.Range(from, count).Select(i => $"pc-{i}")];

    private static List<JsonNode> Results(JsonObject outcomes) => [.. outcomes["results"]!.AsArray().Select(r => r!)];

    private TestDevice DeviceOf(JsonNode result) => new(host, (string)result["deviceId"]!, (string)result["key"]!, (int)result["keyVersion"]!);

    private async Task<HttpResponseMessage> EnrollAsync(object body, string? requestId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/devices/enroll") { Content = JsonContent.Create(body) };
        if (requestId is not null)
        {
            request.Headers.Add("Repeatability-Request-ID", requestId);
        }

        return await host.Admin.SendAsync(request, Stop);
    }
}
