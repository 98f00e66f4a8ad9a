using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atp.Core.Agent;
using Atp.Core.Audit;
using Atp.Core.Deployments;
using Atp.Core.Devices;
using Atp.Core.Poison;
using Atp.Core.Requests;
using Atp.Core.Storage;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Poison;

/// <summary>Messages that failed five times: found, looked at, put back once the cause is gone, or deleted.</summary>
public sealed class PoisonTests(TestStack stack) : IAsyncLifetime
{
    private const string Poisoned = Queues.DeploymentShards + Queues.PoisonSuffix;
    private static readonly Caller Ann = new("ann/cli", "Ann");

    private AtpHost host = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => host = await AtpHost.StartAsync(stack);

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task What_failed_five_times_is_found_and_is_done_when_it_is_replayed_after_the_cause_is_gone()
    {
        await using var site = await AtpHost.StartAsync(stack, new AtpHostOptions { Disabled = ["FanOutDeployment"] });
        await site.ImportAsync(Enumerable.Range(0, 20).Select(i => TestSite.Line($"pc-{i}")));
        var deployment = await site.DeployAsync((string)(await site.CreatePolicyAsync())["id"]!, await site.CreateCollectionAsync("All", new { tag = "all" }));
        await site.Table(TableNames.DeploymentShards).DeleteAsync(Stop); // a shard is placed, and then can't be noted as done
        foreach (var shard in site.Get<ShardMap>().All)
        {
            await site.Get<MessageSender>().SendAsync(Queues.DeploymentShards, new DeployShard(deployment, 1, shard), Stop);
        }

        var found = await Eventually.GetAsync(() => site.GetJsonAsync("/api/poison"), queues => PoisonedIn(queues).Sum(q => q.Poisoned) == 8);
        var shown = await site.GetJsonAsync($"/api/poison/{Queues.DeploymentShards}");
        await site.Table(TableNames.DeploymentShards).CreateAsync(Stop);
        var replayed = await (await site.Admin.PostAsJsonAsync($"/api/poison/{Queues.DeploymentShards}/replay", new { max = 100 }, Stop)).JsonAsync();

        Assert.Equal([(Queues.DeploymentShards, 8)], PoisonedIn(found));
        Assert.Equal(8, shown["value"]!.AsArray().Count);
        Assert.All(shown["value"]!.AsArray(), message => Assert.Equal(deployment, FieldOf(message!, "deploymentId")));
        Assert.Equal((8, 0), ((int)replayed["done"]!, (int)replayed["left"]!));
        Assert.Equal(20, (int)(await site.ActiveAsync(deployment))["progress"]!["devices"]!);
        Assert.Empty(PoisonedIn(await site.GetJsonAsync("/api/poison")));
    }

    [Fact]
    public async Task What_is_shown_of_a_message_has_no_signature_and_nothing_that_was_not_understood()
    {
        await host.ImportAsync([TestSite.Line("pc-1")]);
        var device = await host.EnrollAsync("pc-1");
        var report = device.Healthy();
        var poison = host.Queue(Queues.DeviceReports + Queues.PoisonSuffix);
        await poison.SendMessageAsync(JsonSerializer.Serialize(new[] { report }, DeviceReport.Json), Stop);
        await poison.SendMessageAsync("not JSON, but a secret", Stop);

        var text = (await host.GetJsonAsync($"/api/poison/{Queues.DeviceReports}")).ToJsonString();
        await ReplayAsync(Queues.DeviceReports, new { max = 1 });
        await device.IngestedAsync();

        var messages = JsonNode.Parse(text)!["value"]!.AsArray();
        Assert.Equal(("pc-1", 1), ((string)messages[0]!["reports"]![0]!["deviceId"]!, (int)messages[0]!["reports"]![0]!["onboardingState"]!));
        Assert.Equal("It is no JSON: it can't be read on from line 1, byte 2.", (string?)messages[1]!["fault"]);
        Assert.Equal(22, (int)messages[1]!["length"]!);
        Assert.DoesNotContain(report.Signature, JsonNode.Parse(text)!.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
        Assert.NotNull((await host.GetJsonAsync("/api/devices/pc-1"))["lastReport"]); // byte for byte: its signature holds
    }

    [Fact]
    public async Task A_replay_that_is_killed_at_any_moment_loses_nothing_and_the_next_one_moves_the_rest()
    {
        await using var still = await AtpHost.StartAsync(stack, new AtpHostOptions { Disabled = QueueDriver.QueueFunctions });
        var service = new PoisonQueues(still.Get<StorageClients>(), still.Get<QueueLengths>(), still.Get<AuditTrail>()) { Hold = TimeSpan.FromSeconds(1) };
        await service.ReplayAsync(Queues.DeploymentShards, new PoisonSelection(1), Ann, Stop); // the audit's chain is known from here on
        string[] sent = ["one", "two", "three"];
        var moved = new List<string>();
        var kills = 0;
        for (var requests = 0; ; requests++)
        {
            foreach (var body in sent)
            {
                await still.Queue(Poisoned).SendMessageAsync(body, Stop);
            }

            var died = await still.Tap.CrashAfterAsync(requests, () => service.ReplayAsync(Queues.DeploymentShards, new PoisonSelection(100), Ann, Stop));
            kills += died ? 1 : 0;
            await Eventually.TrueAsync(async () => // those that the dead one held come to sight again
                await service.ReplayAsync(Queues.DeploymentShards, new PoisonSelection(100), Ann, Stop) is { Left: 0 });
            moved = [.. (await still.TakeAllAsync(Queues.DeploymentShards)).Select(message => message.Body.ToString())];
            Assert.Equal(sent.Order(), moved.Distinct().Order());
            if (!died)
            {
                break;
            }
        }

        Assert.Equal(3, moved.Count);
        Assert.InRange(kills, 8, 12); // intent, receive, send and delete each, receive, length, result
    }

    [Fact]
    public async Task A_replay_moves_as_many_as_it_is_told_and_says_how_many_are_left()
    {
        await using var still = await AtpHost.StartAsync(stack, new AtpHostOptions { Disabled = QueueDriver.QueueFunctions });
        for (var i = 0; i < 40; i++)
        {
            await still.Queue(Poisoned).SendMessageAsync($"{{\"v\":1,\"shard\":\"{i}\"}}", Stop);
        }

        var shown = await still.GetJsonAsync($"/api/poison/{Queues.DeploymentShards}");
        var replayed = await (await still.Admin.PostAsJsonAsync($"/api/poison/{Queues.DeploymentShards}/replay", new { max = 33 }, Stop)).JsonAsync();

        Assert.Equal((40, PoisonQueues.MostShown), ((int)shown["poisoned"]!, shown["value"]!.AsArray().Count));
        Assert.Equal((33, 7), ((int)replayed["done"]!, (int)replayed["left"]!));
        Assert.Equal(33, (await still.TakeAllAsync(Queues.DeploymentShards)).Count);
    }

    [Fact]
    public async Task Messages_that_are_named_are_discarded_and_the_others_stay_in_sight()
    {
        for (var i = 0; i < 3; i++)
        {
            await host.Queue(Poisoned).SendMessageAsync($"rubbish {i}", Stop);
        }

        var before = (await host.GetJsonAsync($"/api/poison/{Queues.DeploymentShards}"))["value"]!.AsArray();
        var discarded = await (await host.Admin.PostAsJsonAsync($"/api/poison/{Queues.DeploymentShards}/discard",
            new { messageIds = new[] { (string)before[1]!["id"]!, "none" } }, Stop)).JsonAsync();
        var after = (await host.GetJsonAsync($"/api/poison/{Queues.DeploymentShards}"))["value"]!.AsArray();

        Assert.Equal((1, 2), ((int)discarded["done"]!, (int)discarded["left"]!));
        Assert.Equal(new[] { before[0]!, before[2]! }.Select(m => (string)m["sha256"]!).Order(), after.Select(m => (string)m!["sha256"]!).Order());
        Assert.Equal(0, await LengthAsync(Queues.DeploymentShards));
        Assert.Contains("1 messages", (await host.AuditedAsync("poison.discard")).Select(row => row.GetString("Detail")));
    }

    [Theory]
    [InlineData("{}", "poison.selection-missing")]
    [InlineData("""{"max":1,"messageIds":["a"]}""", "poison.selection-missing")]
    [InlineData("""{"max":0}""", "poison.max-invalid")]
    [InlineData("""{"max":1001}""", "poison.max-invalid")]
    [InlineData("""{"messageIds":[]}""", "poison.ids-invalid")]
    public async Task Without_a_word_on_which_messages_nothing_is_done(string body, string code)
    {
        foreach (var what in new[] { "replay", "discard" })
        {
            using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
            await (await host.Admin.PostAsync($"/api/poison/{Queues.DeploymentShards}/{what}", content, Stop)).ProblemAsync(HttpStatusCode.BadRequest, code);
        }
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData(Poisoned)]
    public async Task A_queue_that_is_none_is_not_found(string queue)
    {
        await (await host.Admin.GetAsync($"/api/poison/{queue}", Stop)).ProblemAsync(HttpStatusCode.NotFound, "poison.queue-not-found");
        await (await host.Admin.PostAsJsonAsync($"/api/poison/{queue}/replay", new { max = 1 }, Stop)).ProblemAsync(HttpStatusCode.NotFound, "poison.queue-not-found");
    }

    private static IEnumerable<(string Queue, int Poisoned)> PoisonedIn(JsonObject queues) =>
        queues["value"]!.AsArray().Select(q => ((string)q!["queue"]!, (int)q["poisoned"]!)).Where(q => q.Item2 > 0);

    private static string? FieldOf(JsonNode message, string name) =>
        (string?)message["fields"]!.AsArray().Single(field => (string)field!["name"]! == name)!["value"];

    private async Task<JsonObject> ReplayAsync(string queue, object selection) =>
        await (await host.Admin.PostAsJsonAsync($"/api/poison/{queue}/replay", selection, Stop)).JsonAsync();

    private async Task<int> LengthAsync(string queue) => (await host.Queue(queue).GetPropertiesAsync(Stop)).Value.ApproximateMessagesCount;
}
