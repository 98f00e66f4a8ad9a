using System.Diagnostics.Metrics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atp.Core.Agent;
using Atp.Core.Storage;
using Atp.Core.Telemetry;

namespace Atp.Functions.Tests.Agent;

/// <summary>What can't be trusted is counted and dropped, never retried, and stops nothing behind it.</summary>
public sealed class ReportTests(TestStack stack) : IAsyncLifetime
{
    private AtpHost host = null!;
    private string deploymentId = null!;
    private TestDevice device = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        host = await AtpHost.StartAsync(stack, new AtpHostOptions { Settings = { ["Atp:Site:ShardCount"] = "1" } });
        await host.ImportAsync([TestSite.Line("pc-1"), TestSite.Line("pc-2"), TestSite.Line("pc-3")]);
        var policy = await host.CreatePolicyAsync();
        deploymentId = await host.DeployAsync((string)policy["id"]!, await host.CreateCollectionAsync("All", new { tag = "all" }));
        await host.ActiveAsync(deploymentId);
        device = await host.EnrollAsync("pc-1");
        await device.CheckInAsync();
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    public static TheoryData<string, DropReason> Untrustworthy { get; } = new()
    {
        { "not JSON", DropReason.Malformed },
        { "nothing", DropReason.Malformed },
        { "an empty object", DropReason.Malformed },
        { "a list with null", DropReason.Malformed },
        { "an unknown field", DropReason.Malformed },
        { "another version", DropReason.Malformed },
        { "a signature that is none", DropReason.Malformed },
        { "a device id that can't be", DropReason.Malformed },
        { "a body that is no report", DropReason.Malformed },
        { "an impossible onboarding state", DropReason.Malformed },
        { "a result of two values", DropReason.Malformed },
        { "a result without its deployment", DropReason.Malformed },
        { "a signature over other bytes", DropReason.Forged },
        { "another device's key", DropReason.Forged },
        { "a token's signature", DropReason.Forged },
        { "another key version", DropReason.Forged },
        { "ten minutes ahead", DropReason.Future },
        { "a connection ahead", DropReason.Future },
        { "a device that is gone", DropReason.UnknownDevice },
        { "an old key version", DropReason.UnknownDevice },
        { "a blocked device", DropReason.Blocked },
    };

    [Theory]
    [MemberData(nameof(Untrustworthy))]
    public async Task It_is_counted_and_dropped_and_the_next_report_is_taken(string what, DropReason reason)
    {
        var message = await MessageAsync(what);
        var before = await host.RowsAsync(TableNames.Fleet);

        Assert.Equal([reason], await CountedAsync(() => host.Get<ReportService>().IngestAsync(Encoding.UTF8.GetBytes(message), Stop)));
        await host.Queue(Queues.DeviceReports).SendMessageAsync(message, Stop);
        await device.IngestedAsync();
        Assert.Equal(before, await host.RowsAsync(TableNames.Fleet));

        var other = await host.EnrollAsync("pc-2");
        await other.CheckInAsync();
        await other.SendAsync(other.Healthy(deploymentId, 1));
        await Eventually.TrueAsync(async () => await StatusAsync("pc-2") == "Success");
        Assert.Equal(0, (await host.Queue(Queues.DeviceReports + Queues.PoisonSuffix).GetPropertiesAsync(Stop)).Value.ApproximateMessagesCount);
        Assert.Contains(host.Log.Lines, line => line.Contains($"dropped: {reason}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task In_a_batch_the_good_ones_count_whatever_the_others_are()
    {
        var other = await host.EnrollAsync("pc-2");
        await other.CheckInAsync();
        var good = device.Healthy(deploymentId, 1);
        await device.SendAsync(good with { Signature = Convert.ToBase64String(new byte[32]) }, good, other.Healthy(deploymentId, 1));

        await device.IngestedAsync();

        Assert.Equal(("Success", "Success"), (await StatusAsync("pc-1"), await StatusAsync("pc-2")));
    }

    [Fact]
    public async Task As_much_as_a_queue_message_holds_is_taken_and_more_is_dropped()
    {
        var report = device.Healthy();
        var size = JsonSerializer.Serialize(report, DeviceReport.Json).Length + 1;
        var many = Enumerable.Repeat(report, (64 * 1024 / size) - 1).ToArray();

        Assert.Empty(await CountedAsync(() => IngestAsync(many)));
        Assert.Equal([DropReason.Malformed], await CountedAsync(() => IngestAsync([.. many, report, report, report])));
    }

    [Fact]
    public async Task Only_what_is_newer_counts_so_that_replays_and_late_reports_change_nothing()
    {
        var first = device.Healthy(deploymentId, 1, AssignmentResultText.Error);
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        var second = device.Healthy(deploymentId, 1);
        await IngestAsync([second]);
        var rows = await host.RowsAsync(TableNames.Fleet);

        await IngestAsync([first]);
        await IngestAsync([second, first, second]);

        Assert.Equal(rows, await host.RowsAsync(TableNames.Fleet));
        Assert.Equal("Success", await StatusAsync("pc-1"));
    }

    [Fact]
    public async Task A_later_failure_replaces_an_earlier_success_with_its_code()
    {
        await IngestAsync([device.Healthy(deploymentId, 1)]);
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        await IngestAsync([device.Sign(new
        {
            reportedAt = host.Clock.GetUtcNow(),
            senseIsRunning = false,
            onboardingState = 0,
            deploymentId,
            revision = 1,
            result = "Error",
            errorCode = "15",
        })]);

        var details = await host.GetJsonAsync("/api/devices/pc-1");

        Assert.Equal(("Error", "15"), ((string?)details["targets"]![0]!["status"], (string?)details["targets"]![0]!["errorCode"]));
        Assert.Equal("NotOnboarded", (string?)details["health"]);
    }

    [Theory]
    [InlineData("a deployment that isn't")]
    [InlineData("a revision that was never taken")]
    public async Task A_result_that_fits_nothing_leaves_only_the_health(string what)
    {
        var report = what == "a deployment that isn't" ? device.Healthy(Guid.NewGuid().ToString(), 1) : device.Healthy(deploymentId, 7);

        await IngestAsync([report]);

        var details = await host.GetJsonAsync("/api/devices/pc-1");
        Assert.Equal(("Healthy", "InProgress"), ((string?)details["health"], (string?)details["targets"]![0]!["status"]));
    }

    [Fact]
    public async Task A_report_of_minutes_ahead_is_taken_since_clocks_differ()
    {
        Assert.Empty(await CountedAsync(() => IngestAsync([device.Sign(Body(host.Clock.GetUtcNow().AddMinutes(4)))])));

        Assert.Equal("Healthy", (string?)(await host.GetJsonAsync("/api/devices/pc-1"))["health"]);
    }

    private async Task<string> MessageAsync(string what)
    {
        var good = device.Healthy(deploymentId, 1);
        string Text(SignedReport report) => JsonSerializer.Serialize(report, DeviceReport.Json);
        JsonObject Json() => JsonNode.Parse(Text(good))!.AsObject();
        string Edited(Action<JsonObject> edit)
        {
            var json = Json();
            edit(json);
            return json.ToJsonString();
        }

        switch (what)
        {
            case "not JSON":
                return "<report/>";
            case "nothing":
                return " ";
            case "an empty object":
                return "{}";
            case "a list with null":
                return "[null]";
            case "an unknown field":
                return Edited(json => json["colour"] = "red");
            case "another version":
                return Text(good with { V = 2 });
            case "a signature that is none":
                return Text(good with { Signature = "AAAA" });
            case "a device id that can't be":
                return Text(good with { DeviceId = "pc/1" });
            case "a body that is no report":
                return Text(device.Sign(new { colour = "red" }));
            case "an impossible onboarding state":
                return Text(device.Sign(new { reportedAt = host.Clock.GetUtcNow(), senseIsRunning = true, onboardingState = 2 }));
            case "a result of two values":
                return Text(device.Sign(new { reportedAt = host.Clock.GetUtcNow(), senseIsRunning = true, onboardingState = 1, deploymentId, revision = 1, result = "Success, Error" }));
            case "a result without its deployment":
                return Text(device.Sign(new { reportedAt = host.Clock.GetUtcNow(), senseIsRunning = true, onboardingState = 1, result = "Success" }));
            case "a signature over other bytes":
                return Text(good with { Body = good.Body + " " });
            case "another device's key":
                return Text((await host.EnrollAsync("pc-3")).Healthy() with { DeviceId = "pc-1" });
            case "a token's signature":
                return Text(good with { Signature = Uri.UnescapeDataString(device.Token().Split("sig=")[1].Split('&')[0]) });
            case "another key version":
                return Text(good with { KeyVersion = 2 });
            case "ten minutes ahead":
                return Text(device.Sign(Body(host.Clock.GetUtcNow().AddMinutes(10))));
            case "a connection ahead":
                return Text(device.Sign(Body(host.Clock.GetUtcNow(), host.Clock.GetUtcNow().AddMinutes(10))));
            case "a device that is gone":
                await host.Admin.DeleteAsync("/api/devices/pc-1", Stop);
                return Text(good);
            case "an old key version":
                await host.Admin.PostAsync("/api/devices/pc-1/enroll", new StringContent("""{"newKey":true}""", Encoding.UTF8, "application/json"), Stop);
                return Text(good);
            default:
                await host.Admin.PostAsync("/api/devices/pc-1/block", null, Stop);
                return Text(good);
        }
    }

    private static object Body(DateTimeOffset reportedAt, DateTimeOffset? lastConnected = null) =>
        new { reportedAt, lastConnected = lastConnected ?? reportedAt, senseIsRunning = true, onboardingState = 1 };

    private Task<int> IngestAsync(SignedReport[] reports) =>
        host.Get<ReportService>().IngestAsync(JsonSerializer.SerializeToUtf8Bytes(reports, DeviceReport.Json), Stop);

    private async Task<string?> StatusAsync(string deviceId) =>
        (string?)(await host.GetJsonAsync($"/api/devices/{deviceId}"))["targets"]![0]!["status"];

    /// <summary>The reasons that were counted in this flow; other tests run beside it.</summary>
    private static async Task<List<DropReason>> CountedAsync(Func<Task> run)
    {
        var mine = new AsyncLocal<bool> { Value = true };
        var reasons = new List<DropReason>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument is { Meter.Name: AtpMetrics.MeterName, Name: "atp.reports.dropped" })
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            if (mine.Value && count == 1)
            {
                reasons.Add(Enum.Parse<DropReason>((string)tags[0].Value!));
            }
        });
        listener.Start();
        await run();
        return reasons;
    }
}
