using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text.Json.Nodes;
using Atp.Core.Health;
using Atp.Core.Site;
using Atp.Core.Storage;
using Atp.Functions.Health;
using Atp.Functions.Http;
using Atp.Functions.Tests.Devices;
using Atp.Functions.Tests.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Atp.Functions.Tests.Site;

/// <summary>The prerequisites, as administrators see them.</summary>
public sealed class SiteTests(TestStack stack) : IAsyncLifetime
{
    private AtpHost host = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => host = await AtpHost.StartAsync(stack, Fleet.Shards(2));

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task A_site_at_work_shows_what_it_is_and_has_no_warnings()
    {
        await host.ImportAsync([TestSite.Line("pc-1"), TestSite.Line("pc-2")]);
        var device = await host.EnrollAsync("pc-1");
        await device.CheckInAsync();
        await device.SendAsync(device.Healthy());
        await device.IngestedAsync();
        await RunRollUpAsync();
        await RunReconcileAsync();
        await host.RollUpAsync();
        host.Clock.Advance(TimeSpan.FromSeconds(90));

        var site = await host.GetJsonAsync("/api/site");

        Assert.Empty(site["warnings"]!.AsArray());
        Assert.Equal((2207, 2, 1), ((int)site["configurationManager"]!["version"]!, (int)site["shards"]!, (int)site["schemaVersion"]!));
        Assert.Contains("Windows 8.1 (build 9600): Workspace ID and key", site["configurationManager"]!["supports"]!.AsArray().Select(s => (string)s!));
        Assert.Equal($$"""[{"orgId":"{{TestSite.OrgId}}","devices":1}]""", site["organisations"]!.ToJsonString());
        Assert.Equal((90, false), ((int)site["figures"]!["ageSeconds"]!, (bool)site["figures"]!["stale"]!));
        Assert.Equal(Queues.All, site["queues"]!.AsArray().Select(q => (string)q!["name"]!));
        Assert.All(site["queues"]!.AsArray(), q => Assert.Equal((0, 0), ((int)q!["length"]!, (int)q["poison"]!)));
        Assert.Equal(["RollUpHealth Succeeded", "Reconcile Succeeded"], site["timers"]!.AsArray().Select(t => $"{t!["name"]} {t["result"]}"));
        Assert.Equal(0, (int)site["enrollmentKeys"]!["ageDays"]!);
    }

    [Fact]
    public async Task An_empty_site_says_what_it_waits_for()
    {
        var site = await host.GetJsonAsync("/api/site");

        Assert.Equal(
            ["There are no figures yet: no roll-up is complete.", "Timer RollUpHealth has not run yet.", "Timer Reconcile has not run yet."], Warnings(site));
        Assert.Empty(site["organisations"]!.AsArray());
        Assert.Null(site["enrollmentKeys"]);
    }

    [Fact]
    public async Task Every_role_may_see_it_and_sees_its_own_and_without_any_it_is_refused()
    {
        foreach (var role in Roles.All)
        {
            using var client = host.Client(role, "Something.Else");
            var site = await (await client.GetAsync("/api/site", Stop)).JsonAsync();
            Assert.Equal([role], site["roles"]!["yours"]!.AsArray().Select(r => (string)r!));
            Assert.Equal(AtpHost.AllRoles, site["roles"]!["all"]!.AsArray().Select(r => (string)r!));
        }

        using var stranger = host.Client("Something.Else");
        await (await stranger.GetAsync("/api/site", Stop)).ProblemAsync(HttpStatusCode.Forbidden, "role.missing");
    }

    [Fact]
    public async Task A_poison_queue_that_somebody_deleted_is_empty_and_stops_nothing()
    {
        await host.Queue(Queues.DeploymentShards + Queues.PoisonSuffix).DeleteAsync(Stop);

        await RunReconcileAsync();

        Assert.Equal(0, (int)Queue(await host.GetJsonAsync("/api/site"), Queues.DeploymentShards)["poison"]!);
    }

    [Fact]
    public async Task A_poison_message_shows_as_a_warning()
    {
        await host.Queue(Queues.DeploymentShards).SendMessageAsync("not json", Stop);

        var site = await Eventually.GetAsync(() => host.GetJsonAsync("/api/site"), s => (int)Queue(s, Queues.DeploymentShards)["poison"]! == 1);

        Assert.Contains("Queue deployment-shards-poison holds 1 message that could not be processed.", Warnings(site));
    }

    [Fact]
    public async Task Waiting_messages_are_counted_by_queue()
    {
        await using var slow = await AtpHost.StartAsync(stack, Fleet.Shards(2, QueueDriver.QueueFunctions));
        await slow.Get<RollUpService>().StartAsync(Stop);

        Assert.Equal(2, (int)Queue(await slow.GetJsonAsync("/api/site"), Queues.HealthShards)["length"]!);
    }

    [Fact]
    public async Task A_killed_timer_run_shows_as_started_and_not_finished()
    {
        await RunRollUpAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(5));
        var startedAt = host.Clock.GetUtcNow();

        Assert.True(await host.Tap.CrashAfterAsync(2, RunRollUpAsync));

        var timer = Timer(await host.GetJsonAsync("/api/site"), "RollUpHealth");
        Assert.Equal(startedAt, DateTimeOffset.Parse((string)timer["startedAt"]!, CultureInfo.InvariantCulture));
        Assert.Null(timer["finishedAt"]);
        Assert.Null(timer["result"]);
        host.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Contains(Warnings(await host.GetJsonAsync("/api/site")),
            w => w.StartsWith("The last run of timer RollUpHealth, started at ", StringComparison.Ordinal) && w.EndsWith("has not finished.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_timer_run_that_fails_shows_as_failed_and_its_error_reaches_the_host()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => host.Get<TimerRuns>().RunAsync(
            SiteTimers.Reconcile, _ => throw new InvalidOperationException("S3cret detail"), Stop));

        var site = await host.GetJsonAsync("/api/site");
        Assert.Equal("Failed", (string)Timer(site, "Reconcile")["result"]!);
        Assert.Contains(Warnings(site), w => w.StartsWith("The last run of timer Reconcile failed", StringComparison.Ordinal));
        Assert.DoesNotContain("S3cret", site.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Figures_and_timers_that_are_late_show_as_warnings()
    {
        await RunRollUpAsync();
        await RunReconcileAsync();
        await host.RollUpAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(21));

        var site = await host.GetJsonAsync("/api/site");

        Assert.True((bool)site["figures"]!["stale"]!);
        Assert.Collection(Warnings(site),
            w => Assert.StartsWith("The figures are as of ", w, StringComparison.Ordinal),
            w => Assert.StartsWith("Timer RollUpHealth has not run since ", w, StringComparison.Ordinal),
            w => Assert.StartsWith("Timer Reconcile has not run since ", w, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Devices_of_two_organisations_show_as_a_warning()
    {
        await host.ImportAsync([TestSite.Line("pc-1"), TestSite.Line("pc-2"), TestSite.Line("pc-3")]);
        foreach (var (id, orgId) in new[] { ("pc-1", "B"), ("pc-2", "b"), ("pc-3", "a") })
        {
            var device = await host.EnrollAsync(id);
            await device.CheckInAsync();
            await device.SendAsync(device.Sign(new { reportedAt = host.Clock.GetUtcNow(), senseIsRunning = true, onboardingState = 1, orgId }));
            await device.IngestedAsync();
        }

        await host.RollUpAsync();

        var site = await host.GetJsonAsync("/api/site");
        Assert.Equal("""[{"orgId":"b","devices":2},{"orgId":"a","devices":1}]""", site["organisations"]!.ToJsonString());
        Assert.Contains("Devices are onboarded to more than one organisation: b (2 devices), a (1 device).", Warnings(site));
    }

    [Fact]
    public async Task Enrollment_keys_show_their_age_and_versions_and_never_themselves()
    {
        await host.ImportAsync([TestSite.Line("pc-1")]);
        await host.EnrollAsync("pc-1");
        host.Clock.Advance(TimeSpan.FromDays(366));

        var site = await host.GetJsonAsync("/api/site");

        var keys = site["enrollmentKeys"]!;
        Assert.Equal((1, 366, 0), ((int)keys["generation"]!, (int)keys["ageDays"]!, (int)keys["devicesOnOldKey"]!));
        Assert.Null(keys["secondaryVersion"]);
        Assert.Null(keys["rotatedAt"]);
        var primary = await host.Get<Core.Secrets.SecretStore>().FindAsync(Core.Agent.EnrollmentKeys.Secret, (string)keys["primaryVersion"]!, Stop);
        Assert.DoesNotContain(primary!, site.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains(Warnings(site), w => w.StartsWith("The enrollment keys were made on ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_timer_run_costs_two_writes_more_than_its_work()
    {
        var before = host.Transactions;
        await host.Get<TimerRuns>().RunAsync(SiteTimers.RollUpHealth, _ => Task.CompletedTask, Stop);

        Assert.Equal(2, host.Transactions - before);
    }

    [Fact]
    public void Every_timer_function_is_known_with_the_period_of_its_schedule()
    {
        var schedules =
            from method in typeof(AtpFunctions).Assembly.GetTypes().SelectMany(t => t.GetMethods())
            let function = method.GetCustomAttribute<FunctionAttribute>()
            let timer = method.GetParameters().Select(p => p.GetCustomAttribute<TimerTriggerAttribute>()).FirstOrDefault(t => t is not null)
            where function is not null && timer is not null
            select (function.Name, Minutes: double.Parse(timer.Schedule.Split(' ')[1].Replace("*/", "", StringComparison.Ordinal), CultureInfo.InvariantCulture));

        Assert.Equal(SiteTimers.Periods.Select(p => (p.Key, p.Value.TotalMinutes)).Order(), schedules.Order());
    }

    private Task RunRollUpAsync() => ActivatorUtilities.CreateInstance<RollUpHealthFunction>(host.Services).RunAsync(new TimerInfo(), Stop);

    private Task RunReconcileAsync() => ActivatorUtilities.CreateInstance<ReconcileFunction>(host.Services).RunAsync(new TimerInfo(), Stop);

    private static List<string> Warnings(JsonObject site) => [.. site["warnings"]!.AsArray().Select(w => (string)w!)];

    private static JsonNode Queue(JsonObject site, string name) => site["queues"]!.AsArray().Single(q => (string)q!["name"]! == name)!;

    private static JsonNode Timer(JsonObject site, string name) => site["timers"]!.AsArray().Single(t => (string)t!["name"]! == name)!;
}
