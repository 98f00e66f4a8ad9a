using System.Text.Json;
using System.Text.Json.Nodes;
using Atp.Core.Agent;
using Atp.Core.Storage;
using Atp.Functions.Tests.Audit;

namespace Atp.Functions.Tests.Cli;

/// <summary><c>atp poison</c>.</summary>
public sealed class PoisonCommandTests(TestStack stack) : IAsyncLifetime
{
    private AtpHost host = null!;

    public async ValueTask InitializeAsync() => host = await AtpHost.StartAsync(stack, new AtpHostOptions { Disabled = QueueDriver.QueueFunctions });

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task Messages_that_were_given_up_are_listed_shown_and_all_put_back()
    {
        await host.ImportAsync([TestSite.Line("pc-1")]);
        var report = (await host.EnrollAsync("pc-1")).Healthy();
        await PoisonAsync(Queues.DeviceReports, JsonSerializer.Serialize(report, DeviceReport.Json), 1);
        await PoisonAsync(Queues.DeviceReports, """{"nobody":"knows"}""", 40);

        var (_, list, _) = await host.AtpAsync("poison", "list");
        var (_, shown, _) = await host.AtpAsync("poison", "show", "device-reports-poison");
        var (exitCode, replayed, _) = await host.AtpAsync("poison", "replay", Queues.DeviceReports);

        Assert.Matches(@"device-reports\W+0\W+41\W", list);
        Assert.Contains("The first 32 of 41 messages of device-reports", shown, StringComparison.Ordinal);
        Assert.Contains("pc-1", shown, StringComparison.Ordinal);
        Assert.DoesNotContain(report.Signature[..8], shown, StringComparison.Ordinal);
        Assert.Equal((0, "41 messages of device-reports were put back, 0 are left"), (exitCode, replayed.Trim()));
        Assert.Equal(41, (await host.TakeAllAsync(Queues.DeviceReports)).Count);
        var (_, nothing, _) = await host.AtpAsync("poison", "replay", Queues.DeviceReports);
        Assert.Contains("0 messages of device-reports were put back, 0 are left", nothing, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_are_discarded_by_their_ids_and_only_when_it_is_said_which()
    {
        await PoisonAsync(Queues.DeploymentShards, "rubbish", 2);
        var (_, json, _) = await host.AtpAsync("poison", "show", Queues.DeploymentShards, "--output", "json");
        var id = (string)JsonNode.Parse(json)!["value"]![0]!["id"]!;

        Assert.Equal(2, (await host.AtpAsync("poison", "discard", Queues.DeploymentShards)).ExitCode);
        Assert.Equal(2, (await host.AtpAsync("poison", "discard", Queues.DeploymentShards, "--max", "1", "--id", id)).ExitCode);
        var (first, said, _) = await host.AtpAsync("poison", "discard", Queues.DeploymentShards, "--id", id);
        var (again, _, complaint) = await host.AtpAsync("poison", "discard", Queues.DeploymentShards, "--id", id);
        var (_, csv, _) = await host.AtpAsync("poison", "discard", Queues.DeploymentShards, "--max", "9", "--output", "csv");

        Assert.Equal((0, "1 messages of deployment-shards were deleted, 1 are left"), (first, said.Trim()));
        Assert.Equal(1, again);
        Assert.Contains("1 of the 1 messages are not there", complaint, StringComparison.Ordinal);
        Assert.Equal("queue,done,left\r\ndeployment-shards,1,0\r\n", csv);
        Assert.Empty(await host.TakeAllAsync(Queues.DeploymentShards));
    }

    [Fact]
    public async Task A_queue_that_is_none_is_told_with_those_that_there_are()
    {
        var (exitCode, _, error) = await host.AtpAsync("poison", "replay", "devices");

        Assert.Equal(1, exitCode);
        Assert.Contains("[poison.queue-not-found]", error, StringComparison.Ordinal);
        Assert.Contains("device-reports", error, StringComparison.Ordinal);
    }

    private async Task PoisonAsync(string queue, string body, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await host.Queue(queue + Queues.PoisonSuffix).SendMessageAsync(body, TestContext.Current.CancellationToken);
        }
    }
}
