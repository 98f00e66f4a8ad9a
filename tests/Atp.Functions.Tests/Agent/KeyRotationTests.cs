using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atp.Cli.Client;
using Atp.Cli.Simulation;
using Atp.Core.Agent;
using Atp.Core.Requests;
using Atp.Core.Site;
using Atp.Functions.Tests.Devices;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Agent;

/// <summary>The enrollment key is replaced while devices go on: both are valid in between, and devices fetch their new key by themselves.</summary>
public sealed class KeyRotationTests(TestStack stack) : IAsyncLifetime
{
    private static readonly TimeSpan UntilHandedOut = TimeSpan.FromMinutes(10);
    private AtpHost host = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => host = await AtpHost.StartAsync(stack, Fleet.Shards(2));

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task Devices_move_to_the_new_key_at_their_check_ins_and_the_old_one_is_worthless_once_it_is_retired()
    {
        var fleet = new SimulatedFleet("fleet", 1, 12, int.MaxValue);
        var agent = new DeviceAgent(new AgentClient(host.Anonymous(), host.BaseAddress, host.Clock), host.Clock);
        await host.ImportAsync(fleet.Rows().Select(row => JsonSerializer.Serialize(row, AtpClient.Json)).Append(TestSite.Line("late-1")));
        var oldKeys = await EnrollAsync(fleet.Devices().Select(d => d.Id));
        var keys = oldKeys.ToDictionary(k => k.DeviceId);
        async Task VisitAsync(IEnumerable<SimulatedDevice> devices)
        {
            foreach (var device in devices)
            {
                keys[device.Id] = (await agent.VisitAsync(device, keys[device.Id], Stop)).Key;
            }
        }

        await VisitAsync(fleet.Devices());
        Assert.Equal(0, await CountedAsync());

        // Rotated: both are valid, the old one is still handed out, and everybody is counted on it.
        var rotated = await ChangeAsync("rotate");
        Assert.Equal((2, host.Clock.GetUtcNow() + UntilHandedOut), ((int)rotated["generation"]!, (DateTimeOffset)rotated["handedOutFrom"]!));
        await VisitAsync(fleet.Devices());
        Assert.Equal(oldKeys, keys.Values);
        var late = await host.EnrollAsync("late-1");
        await late.CheckInAsync();
        Assert.Equal(13, await CountedAsync());
        await RefusedAsync("retire-old", "enrollment-keys.too-soon", new { force = true });

        // Handed out: some devices come, and take it.
        host.Clock.Advance(UntilHandedOut);
        await RefusedAsync("retire-old", "enrollment-keys.not-counted");
        await VisitAsync(fleet.Devices().Take(5));
        Assert.All(keys.Values.Take(5), key => Assert.NotNull(key.OldKey)); // not known to work yet
        await VisitAsync(fleet.Devices().Take(5));
        Assert.All(keys.Values.Take(5).Zip(oldKeys), pair =>
            Assert.Equal((pair.Second.DeviceId, pair.Second.KeyVersion, null, true), (pair.First.DeviceId, pair.First.KeyVersion, pair.First.OldKey, pair.First.Key != pair.Second.Key)));
        Assert.Equal(8, await CountedAsync());
        Assert.Equal(8, (int)(await RefusedAsync("retire-old", "enrollment-keys.in-use"))["devices"]!);
        Assert.Equal(8, (int)(await RefusedAsync("rotate", "enrollment-keys.in-use"))["devices"]!);
        Assert.Equal(
            fleet.Devices().Skip(5).Select(d => d.Id).Append("late-1").Order(),
            (await host.ListAsync("/api/devices?health=OnOldEnrollmentKey")).Select(d => (string)d["id"]!).Order());
        var site = await host.GetJsonAsync("/api/site");
        Assert.Equal(8, (int)site["enrollmentKeys"]!["devicesOnOldKey"]!);
        Assert.Contains("Still on the old enrollment key: 8 devices.", site["warnings"]!.AsArray().Select(w => (string)w!));

        // All of them: the count is 0, and the old key goes.
        await VisitAsync(fleet.Devices());
        await VisitAsync(fleet.Devices());
        await new TestDevice(host, "late-1", (string)(await late.CheckInAsync())["newKey"]!, late.KeyVersion).CheckInAsync();
        Assert.Equal(0, await CountedAsync());
        var retired = await ChangeAsync("retire-old");
        Assert.Null(retired["secondaryVersion"]);
        Assert.Equal(host.Clock.GetUtcNow().AddMinutes(5), (DateTimeOffset)retired["inForceFrom"]!);
        Assert.Equal(2, (int)(await ChangeAsync("retire-old"))["generation"]!); // a repeat changes nothing

        await VisitAsync(fleet.Devices());
        using var client = late.Client();
        await (await client.PostAsJsonAsync("/api/agent/check-in", new { }, Stop)).ProblemAsync(HttpStatusCode.Unauthorized, "device.token-invalid");
        await late.SendAsync(late.Healthy());
        await late.IngestedAsync();
        Assert.Null((await host.GetJsonAsync("/api/devices/late-1"))["lastReport"]);
        Assert.Equal(["generation 2"], (await host.AuditedAsync("enrollment-keys.rotate")).Select(r => r.GetString("Detail")));
        Assert.Equal(2, (await host.AuditedAsync("enrollment-keys.retire-old")).Count);
    }

    [Fact]
    public async Task A_device_that_moves_costs_one_write_and_its_answer_is_not_stored()
    {
        await host.ImportAsync([TestSite.Line("pc-1")]);
        var device = await host.EnrollAsync("pc-1");
        await device.CheckInAsync();
        await ChangeAsync("rotate");
        host.Clock.Advance(UntilHandedOut);

        using var client = device.Client();
        using var answer = await client.PostAsJsonAsync("/api/agent/check-in", new { }, Stop);
        var moved = new TestDevice(host, "pc-1", (string)(await answer.JsonAsync())["newKey"]!, device.KeyVersion);
        await host.Get<SiteSnapshots>().ReadAsync(Stop);

        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
        Assert.Equal(2, await CostAsync(moved));
        Assert.Equal(1, await CostAsync(moved));
        await device.CheckInAsync(); // the old one is good as long as it is valid: the new one may have been lost
        Assert.Equal(1, await CountedAsync());
    }

    [Fact]
    public async Task A_repeated_rotation_makes_no_other_key_and_killed_anywhere_it_leaves_things_working()
    {
        await host.ImportAsync([TestSite.Line("pc-1")]);
        var device = await host.EnrollAsync("pc-1");
        var request = new ChangeRequest(new Caller("anna", "Anna"), Guid.NewGuid().ToString(), "body");
        Task<EnrollmentKeyVersions> RotateAsync() => host.Get<EnrollmentKeyRotation>().RotateAsync(new ChangeEnrollmentKeys(), request, CancellationToken.None);
        var kills = 0;
        for (; await host.Tap.CrashAfterAsync(kills, RotateAsync); kills++)
        {
            await device.CheckInAsync();
            host.Clock.Advance(TimeSpan.FromMinutes(1));
            await device.CheckInAsync();
        }

        var keys = await RotateAsync();

        Assert.True(kills >= 4, $"It was killed {kills} times only.");
        Assert.Equal(2, keys.Generation);
        host.Clock.Advance(UntilHandedOut);
        var moved = new TestDevice(host, "pc-1", (string)(await device.CheckInAsync())["newKey"]!, device.KeyVersion);
        Assert.Null((await moved.CheckInAsync())["newKey"]);
    }

    [Fact]
    public async Task Of_two_rotations_at_the_same_time_one_is_too_soon()
    {
        await host.ImportAsync([TestSite.Line("pc-1")]);
        await host.EnrollAsync("pc-1");
        var answers = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => host.Admin.PostAsJsonAsync("/api/site/enrollment-keys/rotate", new { }, Stop)));

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Conflict], answers.Select(a => a.StatusCode).Order());
        Assert.Equal(2, (int)(await host.GetJsonAsync("/api/site"))["enrollmentKeys"]!["generation"]!);
    }

    [Fact]
    public async Task Forced_a_device_that_has_not_moved_is_locked_out_until_it_is_enrolled_again()
    {
        await host.ImportAsync([TestSite.Line("pc-1")]);
        var device = await host.EnrollAsync("pc-1");
        await device.CheckInAsync();
        await ChangeAsync("rotate");
        host.Clock.Advance(UntilHandedOut);

        await ChangeAsync("retire-old", new { force = true });

        using var client = device.Client();
        await (await client.PostAsJsonAsync("/api/agent/check-in", new { }, Stop)).ProblemAsync(HttpStatusCode.Unauthorized, "device.token-invalid");
        Assert.Equal(1, await CountedAsync());
        var site = await host.GetJsonAsync("/api/site");
        Assert.Contains("Locked out until enrolled again, since their enrollment key was retired: 1 device.", site["warnings"]!.AsArray().Select(w => (string)w!));
        var again = await (await host.Admin.PostAsJsonAsync("/api/devices/enroll", new { deviceIds = new[] { "pc-1" }, newKey = true }, Stop)).JsonAsync();
        await new TestDevice(host, "pc-1", (string)again["results"]![0]!["key"]!, (int)again["results"]![0]!["keyVersion"]!).CheckInAsync();
        Assert.Equal(0, await CountedAsync());
    }

    [Fact]
    public async Task A_repeated_enrollment_gets_the_key_that_the_first_one_got_although_a_new_enrollment_key_is_handed_out()
    {
        await host.ImportAsync([TestSite.Line("pc-1"), TestSite.Line("pc-2")]);
        var request = new ChangeRequest(new Caller("anna", "Anna"), Guid.NewGuid().ToString(), "body");
        var bulk = host.Get<Core.Devices.BulkEnrollment>();
        var first = await bulk.EnrollAsync(new Core.Devices.EnrollDevices(["pc-1", "pc-2"]), request, Stop);
        await ChangeAsync("rotate");
        host.Clock.Advance(UntilHandedOut);

        var repeated = await bulk.EnrollAsync(new Core.Devices.EnrollDevices(["pc-1", "pc-2"]), request, Stop);

        Assert.Equal(first.Results, repeated.Results);
    }

    [Fact]
    public async Task Before_the_first_enrollment_there_is_nothing_to_retire() =>
        await (await host.Admin.PostAsJsonAsync("/api/site/enrollment-keys/retire-old", new { }, Stop)).ProblemAsync(HttpStatusCode.NotFound, "enrollment-keys.none");

    /// <summary>
    /// Two instances, whose memories are of different ages, see the same devices in turn through two whole rotations, each changed by
    /// either. A device uses a new key at once, and at the other instance.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task No_device_is_ever_locked_out_while_instances_remember_different_keys(int seed)
    {
        await using var other = await AtpHost.StartAsync(stack, Fleet.Shards(2) with { Account = host.Account, Clock = host.Clock });
        var random = new Random(seed);
        AtpHost[] hosts = [host, other];
        AtpHost Any() => hosts[random.Next(2)];
        var devices = new Dictionary<string, (string Key, int Version)>();
        var moved = 0;
        async Task CheckInAsync(string id, AtpHost at)
        {
            var (key, version) = devices[id];
            if ((string?)(await new TestDevice(at, id, key, version).CheckInAsync())["newKey"] is { } newKey)
            {
                devices[id] = (newKey, version);
                moved++;
                await CheckInAsync(id, at == host ? other : host);
            }
        }

        var generation = 1;
        for (var minute = 0; generation < 3 || minute < 20; minute++)
        {
            Assert.True(minute < 120, "The rotations never came to an end.");
            var id = $"pc-{minute}";
            await Any().ImportAsync([TestSite.Line(id)]);
            var enrolled = await Any().EnrollAsync(id);
            devices[id] = (enrolled.Key, enrolled.KeyVersion);
            foreach (var device in devices.Keys.Where(d => d == id || random.Next(3) == 0).ToList())
            {
                await CheckInAsync(device, Any());
                await CheckInAsync(device, Any());
            }

            host.Clock.Advance(TimeSpan.FromSeconds(30 + random.Next(60)));
            if (minute % 3 == 1)
            {
                await CountedAsync();
                using var answer = await Any().Admin.PostAsJsonAsync($"/api/site/enrollment-keys/{(random.Next(2) == 0 ? "rotate" : "retire-old")}", new { }, Stop);
                Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Conflict, $"{answer.StatusCode}");
                generation = (int)(await host.GetJsonAsync("/api/site"))["enrollmentKeys"]!["generation"]!;
            }
        }

        Assert.True(moved > 5, $"Only {moved} devices moved.");
        foreach (var device in devices.Keys.ToList())
        {
            await CheckInAsync(device, host);
            await CheckInAsync(device, other);
        }
    }

    private async Task<List<DeviceKey>> EnrollAsync(IEnumerable<string> ids)
    {
        var answer = await (await host.Admin.PostAsJsonAsync("/api/devices/enroll", new { deviceIds = ids }, Stop)).JsonAsync();
        return [.. answer["results"]!.AsArray().Select(r => new DeviceKey((string)r!["deviceId"]!, (string)r["key"]!, (int)r["keyVersion"]!))];
    }

    private async Task<JsonObject> ChangeAsync(string change, object? body = null) =>
        await (await host.Admin.PostAsJsonAsync($"/api/site/enrollment-keys/{change}", body ?? new { }, Stop)).JsonAsync();

    private async Task<JsonObject> RefusedAsync(string change, string code, object? body = null) =>
        await (await host.Admin.PostAsJsonAsync($"/api/site/enrollment-keys/{change}", body ?? new { }, Stop)).ProblemAsync(HttpStatusCode.Conflict, code);

    private async Task<int> CountedAsync() => (int)(await host.RollUpAsync())["site"]!["onOldEnrollmentKey"]!;

    private async Task<long> CostAsync(TestDevice device)
    {
        var before = host.Transactions;
        await device.CheckInAsync();
        return host.Transactions - before;
    }
}
