using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using Atp.Core.Audit;
using Atp.Core.Devices;
using Atp.Core.Requests;
using Atp.Functions.Http;
using Atp.Functions.Tests.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Tests.Audit;

/// <summary>An administrator's change: what was intended is on record before, and what came of it after.</summary>
public sealed class AuditedChangeTests(TestStack stack) : IAsyncLifetime
{
    /// <summary>They are asked by POST, since they take a body, and change nothing.</summary>
    private static readonly string[] Previews = ["PreviewDeployment", "PreviewPolicyOrder"];
    private static readonly Caller Ann = new("ann/cli", "Ann");

    private AtpHost host = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => host = await AtpHost.StartAsync(stack);

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task Every_function_by_which_an_administrator_changes_something_leaves_intent_and_result()
    {
        await host.ImportAsync([TestSite.Line("pc-1"), TestSite.Line("pc-2"), TestSite.Line("pc-3")]);
        var (first, second, third) = ((string)(await host.CreatePolicyAsync("First"))["id"]!, (string)(await host.CreatePolicyAsync("Second"))["id"]!,
            (string)(await host.CreatePolicyAsync("Third"))["id"]!);
        var (used, unused) = (await host.CreateCollectionAsync("Used", new { tag = "all" }), await host.CreateCollectionAsync("Unused"));
        var deployment = await host.DeployAsync(first, used);
        var file = host.Stack.Authority.CreateOnboarding(TestSite.OrgId);

        var calls = new Dictionary<string, (string Method, string Address, HttpContent? Body, string Action, string? Subject)>
        {
            ["CreatePolicy"] = ("POST", "policies", TestSite.PolicyForm(file.ToZip(), "Fourth"), "policy.create", null),
            ["UpdatePolicy"] = ("PATCH", $"policies/{second}", Body(new { description = "New" }), "policy.update", second),
            ["MovePolicy"] = ("POST", $"policies/{first}/order", Body(new { move = "Decrease" }), "policy.move", first),
            ["DeletePolicy"] = ("DELETE", $"policies/{third}", null, "policy.delete", third),
            ["RecoverPolicy"] = ("POST", $"policies/{third}/recover", null, "policy.recover", third),
            ["ImportDevices"] = ("POST", "devices/import", Lines(TestSite.Line("pc-4")), "devices.import", "inventory"),
            ["UpsertDevice"] = ("PUT", "devices/pc-5", Body(new { name = "PC-5", build = 19045, productType = 1 }), "device.upsert", "pc-5"),
            ["EnrollDevices"] = ("POST", "devices/enroll", Body(new { deviceIds = new[] { "pc-2" } }), "devices.enroll", "inventory"),
            ["RetireOldEnrollmentKey"] = ("POST", "site/enrollment-keys/retire-old", Body(new { }), "enrollment-keys.retire-old", "enrollment-key"),
            ["RotateEnrollmentKeys"] = ("POST", "site/enrollment-keys/rotate", Body(new { }), "enrollment-keys.rotate", "enrollment-key"),
            ["EnrollDevice"] = ("POST", "devices/pc-1/enroll", Body(new { }), "device.enroll", "pc-1"),
            ["BlockDevice"] = ("POST", "devices/pc-1/block", null, "device.block", "pc-1"),
            ["UnblockDevice"] = ("POST", "devices/pc-1/unblock", null, "device.unblock", "pc-1"),
            ["RetireDevice"] = ("POST", "devices/pc-2/retire", Body(new { reason = "Sold" }), "device.retire", "pc-2"),
            ["ReinstateDevice"] = ("POST", "devices/pc-2/reinstate", null, "device.reinstate", "pc-2"),
            ["DeleteDevice"] = ("DELETE", "devices/pc-3", null, "device.delete", "pc-3"),
            ["CreateCollection"] = ("POST", "collections", Body(new { name = "New" }), "collection.create", null),
            ["UpdateCollection"] = ("PATCH", $"collections/{used}", Body(new { name = "Renamed" }), "collection.update", used),
            ["AddMembers"] = ("POST", $"collections/{unused}/members/add", Body(new { deviceIds = new[] { "pc-1" } }), "collection.add-members", unused),
            ["RemoveMembers"] = ("POST", $"collections/{unused}/members/remove", Body(new { deviceIds = new[] { "pc-1" } }), "collection.remove-members", unused),
            ["DeleteCollection"] = ("DELETE", $"collections/{unused}", null, "collection.delete", unused),
            ["CreateDeployment"] = ("POST", "deployments", Body(new { policyId = second, collectionIds = new[] { used } }), "deployment.create", null),
            ["EndDeployment"] = ("POST", $"deployments/{deployment}/end", Body(new { reason = "Done with" }), "deployment.end", deployment),
            ["ReplayPoison"] = ("POST", "poison/device-reports/replay", Body(new { max = 1 }), "poison.replay", "device-reports"),
            ["DiscardPoison"] = ("POST", "poison/device-reports/discard", Body(new { max = 1 }), "poison.discard", "device-reports"),
            ["StartRollUp"] = ("POST", "health/rollup", null, "rollup.start", null),
        };
        Assert.Equal(ChangingFunctions().Order(), calls.Keys.Concat(Previews).Order());

        foreach (var (function, call) in calls)
        {
            var traceId = Guid.NewGuid().ToString("N");
            using var request = new HttpRequestMessage(new HttpMethod(call.Method), $"/api/{call.Address}") { Content = call.Body };
            request.Headers.TryAddWithoutValidation("traceparent", $"00-{traceId}-0123456789abcdef-01");
            if (call.Method is "PATCH" or "DELETE" || function is "MovePolicy" or "RecoverPolicy")
            {
                request.Headers.IfMatch.Add(new EntityTagHeaderValue("\"1\""));
            }

            using var answer = await host.Admin.SendAsync(request, Stop);
            Assert.True(answer.IsSuccessStatusCode, $"{function}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(Stop)}");

            var entries = await host.ListAsync($"correlationId={traceId}");
            Assert.True(entries.Count == 2, $"{function} left {entries.Count} entries.");
            Assert.Equal(["Done", "Intended"], entries.Select(e => (string)e["outcome"]!));
            Assert.Equal((string?)entries[1]["id"], (string?)entries[0]["intentId"]);
            Assert.All(entries, entry => Assert.Equal(
                (call.Action, call.Subject ?? (string)entry["subject"]!, "Test Admin", "127.0.0.1"),
                ((string)entry["action"]!, (string)entry["subject"]!, (string)entry["callerName"]!, (string)entry["address"]!)));
            Assert.False(string.IsNullOrEmpty((string?)entries[0]["callerId"]));
        }
    }

    [Fact]
    public async Task What_fails_says_why_and_its_trace_id_finds_it()
    {
        await host.ImportAsync([TestSite.Line("pc-1")]);
        await host.EnrollAsync("pc-1");

        using var again = await host.Admin.PostAsJsonAsync("/api/devices/pc-1/enroll", new { }, Stop);
        var problem = await again.ProblemAsync(HttpStatusCode.Conflict, "device.enrolled");

        var entries = await host.ListAsync($"correlationId={problem["traceId"]}");
        Assert.Equal(["Failed", "Intended"], entries.Select(e => (string)e["outcome"]!));
        Assert.Equal("device.enrolled", (string?)entries[0]["detail"]);
        Assert.Contains((string)entries[0]["correlationId"]!, (string)problem["traceId"]!, StringComparison.Ordinal);
        Assert.Equal(["Failed", "Done"], (await host.ListAsync("action=device.enroll&subject=pc-1")).Select(e => (string)e["outcome"]!).Where(o => o != "Intended"));
    }

    [Fact]
    public async Task What_is_refused_for_what_it_asks_leaves_nothing()
    {
        var policy = await host.CreatePolicyAsync();
        var before = (await host.ListAsync()).Count;
        using var form = TestSite.PolicyForm(host.Stack.Authority.CreateOnboarding(TestSite.OrgId).ToZip(), kind: "Sideways");
        using var stale = new HttpRequestMessage(HttpMethod.Patch, $"/api/policies/{policy["id"]}") { Content = Body(new { name = "Late" }) };
        stale.Headers.IfMatch.Add(new EntityTagHeaderValue("\"9\""));
        using var reader = host.Client("Policies.Read");

        Assert.Equal(HttpStatusCode.BadRequest, (await host.Admin.PostAsync("/api/policies", form, Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await host.Admin.SendAsync(stale, Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Admin.PostAsJsonAsync("/api/devices/pc-1/retire", new { reason = "" }, Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Admin.PostAsJsonAsync("/api/collections", new { name = "" }, Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await reader.PostAsync("/api/policies", null, Stop)).StatusCode);

        Assert.Equal(before, (await host.ListAsync()).Count);
    }

    [Fact]
    public async Task A_process_that_dies_half_way_leaves_what_it_intended_and_the_list_says_that_the_outcome_is_not_recorded()
    {
        await host.ImportAsync(Enumerable.Range(0, 12).Select(i => TestSite.Line($"pc-{i}")));
        var left = new List<(string Intents, string Results, bool Blocked)>();
        for (var requests = 0; requests < 12; requests++)
        {
            var id = $"pc-{requests}";
            await host.Get<DeviceService>().SetBlockedAsync(id, false, Ann, Stop); // the chain is known from here on
            var died = await host.Tap.CrashAfterAsync(requests, () => host.Get<DeviceService>().SetBlockedAsync(id, true, Ann, Stop));
            var outcomes = (await host.ListAsync($"subject={id}&action=device.block")).Select(e => (string)e["outcome"]!).ToList();
            var isBlocked = (bool)(await host.GetJsonAsync($"/api/devices/{id}"))["blocked"]!;
            left.Add((outcomes.Contains("Intended") ? "intent" : "", outcomes.Find(o => o != "Intended") ?? "", isBlocked));
            Assert.True(outcomes.Contains("Intended") || !isBlocked); // never without its intent
            if (!died)
            {
                break;
            }
        }

        Assert.Equal([("", "", false), ("intent", "", false), ("intent", "", true), ("intent", "Done", true)], left.Distinct());

        var (_, output, _) = await host.AtpAsync("audit", "list", "--outcome", "intended", "--output", "json");
        Assert.Equal(left.Count(l => l is { Intents: "intent", Results: "" }), JsonNode.Parse(output)!.AsArray().Count);
        var (_, rows, _) = await host.AtpAsync("audit", "list", "--action", "device.", "--output", "csv");
        Assert.Contains(",Intended,\"outcome not recorded: under way, or the process died\"", rows, StringComparison.Ordinal);
        Assert.Contains(",Done,blocked,", rows, StringComparison.Ordinal);
        Assert.Equal(0, (await host.AtpAsync("audit", "verify")).ExitCode);
    }

    [Fact]
    public async Task A_result_that_the_conditions_leave_out_is_looked_up_before_it_is_said_to_be_missing()
    {
        await host.ImportAsync([TestSite.Line("pc-1")]);
        await host.Get<AuditTrail>().ChangeAsync(Ann, "test.slow", "pc-1", () =>
        {
            host.Clock.Advance(TimeSpan.FromHours(30)); // over midnight, past the end that is asked for
            return Task.FromResult("done");
        }, Stop);
        var end = (host.Clock.GetUtcNow() - TimeSpan.FromHours(1)).ToString("O");

        var (_, output, _) = await host.AtpAsync("audit", "list", "--action", "test.slow", "--to", end, "--output", "json");

        Assert.Empty(JsonNode.Parse(output)!.AsArray());
    }

    [Fact]
    public async Task A_caller_who_hangs_up_after_the_commit_leaves_the_result_all_the_same()
    {
        await host.ImportAsync([TestSite.Line("pc-1")]);
        var devices = host.Get<DeviceService>();
        await devices.SetBlockedAsync("pc-1", false, Ann, Stop); // the chain is known from here on
        using var caller = new CancellationTokenSource();

        // The requests: intent, device read, device written, result.
        await host.Tap.InBetweenAsync(3, caller.CancelAsync, () => devices.SetBlockedAsync("pc-1", true, Ann, caller.Token));

        Assert.Equal(["Done", "Intended"], (await host.ListAsync("subject=pc-1&action=device.block")).Select(e => (string)e["outcome"]!));
    }

    [Fact]
    public async Task A_caller_who_hangs_up_before_leaves_that_it_was_cancelled()
    {
        await host.ImportAsync([TestSite.Line("pc-1")]);
        var devices = host.Get<DeviceService>();
        await devices.SetBlockedAsync("pc-1", false, Ann, Stop);
        using var caller = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            host.Tap.InBetweenAsync(1, caller.CancelAsync, () => devices.SetBlockedAsync("pc-1", true, Ann, caller.Token)));

        Assert.Equal(["Failed: cancelled", "Intended: "], (await host.ListAsync("subject=pc-1&action=device.block")).Select(e => $"{e["outcome"]}: {e["detail"]}"));
        Assert.False((bool)(await host.GetJsonAsync("/api/devices/pc-1"))["blocked"]!);
    }

    [Fact]
    public async Task The_address_that_the_last_proxy_saw_is_on_record_and_not_what_the_caller_made_up()
    {
        await host.ImportAsync([TestSite.Line("pc-1")]);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/devices/pc-1/block");
        request.Headers.Add("X-Forwarded-For", "10.0.0.1, 203.0.113.7:4711");

        await host.Admin.SendAsync(request, Stop);

        Assert.All(await host.ListAsync("subject=pc-1&action=device.block"), entry => Assert.Equal("203.0.113.7", (string?)entry["address"]));
    }

    private static IEnumerable<string> ChangingFunctions() => DeclaredAccessTests.HttpFunctions
        .Where(m => m.GetCustomAttribute<AdministratorAccessAttribute>() is not null)
        .Where(m => m.GetParameters().Select(p => p.GetCustomAttribute<HttpTriggerAttribute>()).Single(t => t is not null)!.Methods!.Any(method => method != "get"))
        .Select(m => m.GetCustomAttribute<FunctionAttribute>()!.Name);

    private static JsonContent Body(object body) => JsonContent.Create(body);

    private static StringContent Lines(string lines) => new(lines, Encoding.UTF8, new MediaTypeHeaderValue("application/x-ndjson"));
}
