using System.Text.Json;
using Atp.Core.Collections;
using Atp.Core.Deployments;
using Atp.Core.Health;
using Atp.Core.Storage;
using Atp.Functions.Tests.Devices;

namespace Atp.Functions.Tests;

/// <summary>Queue messages that no retry can mend: dropped with a warning or poisoned, and the others are served.</summary>
public sealed class UnmendableMessageTests(TestStack stack)
{
    private const string NoSuchShard = "ff";

    [Theory]
    [InlineData(Queues.CollectionShards)]
    [InlineData(Queues.DeploymentShards)]
    [InlineData(Queues.HealthShards)]
    public async Task One_of_an_unknown_shard_is_dropped_with_a_warning_and_not_retried(string queue)
    {
        await using var host = await AtpHost.StartAsync(stack);
        object message = queue switch
        {
            Queues.CollectionShards => new EvaluateShard("gone", 1, NoSuchShard),
            Queues.DeploymentShards => new DeployShard("gone", 1, NoSuchShard),
            _ => new RollUpShard("gone", host.Clock.GetUtcNow(), NoSuchShard),
        };
        await host.Queue(queue).SendMessageAsync(JsonSerializer.Serialize(message, message.GetType(), MessageSender.Json));

        await host.EmptyAsync(queue);

        Assert.Single(host.Log.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains("was dropped: shard.unknown", StringComparison.Ordinal));
        Assert.Equal(0, (await host.Queue(queue + Queues.PoisonSuffix).GetPropertiesAsync()).Value.ApproximateMessagesCount);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("""{"v":2,"deploymentId":"gone","generation":1,"shard":"00"}""")]
    [InlineData("null")]
    public async Task One_that_this_build_can_not_read_is_poisoned_and_the_next_is_served(string body)
    {
        await using var host = await AtpHost.StartAsync(stack);
        await host.Queue(Queues.DeploymentShards).SendMessageAsync(body);
        await host.ImportAsync([TestSite.Line("device-1")]);
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });
        var deploymentId = await host.DeployAsync((string)(await host.CreatePolicyAsync())["id"]!, collection);

        await host.ActiveAsync(deploymentId);
        await host.EmptyAsync(Queues.DeploymentShards);

        var poison = (await host.Queue(Queues.DeploymentShards + Queues.PoisonSuffix).PeekMessagesAsync(32)).Value;
        Assert.Equal(body, Assert.Single(poison).Body.ToString());
    }
}
