using System.Text.Json;
using Atp.Core.Agent;
using Atp.Core.Collections;
using Atp.Core.Deployments;
using Atp.Core.Health;
using Atp.Core.Storage;
using Azure.Data.Tables;
using Azure.Storage.Queues.Models;

namespace Atp.Functions.Tests;

/// <summary>Delivers queue messages by hand, to a host whose queue functions are disabled.</summary>
public static class QueueDriver
{
    public static readonly string[] QueueFunctions =
        ["EvaluateCollection", "EvaluateShard", "FanOutDeployment", "DeployShard", "IngestReports", "RollUpShard"];

    /// <summary>Takes every message off a queue, and those that come meanwhile.</summary>
    public static async Task<List<QueueMessage>> TakeAllAsync(this AtpHost host, string queue)
    {
        var all = new List<QueueMessage>();
        while ((await host.Queue(queue).ReceiveMessagesAsync(32)).Value is { Length: > 0 } messages)
        {
            foreach (var message in messages)
            {
                await host.Queue(queue).DeleteMessageAsync(message.MessageId, message.PopReceipt);
            }

            all.AddRange(messages);
        }

        return all;
    }

    /// <summary>Each message of a queue once.</summary>
    public static async Task DeliverAsync(this AtpHost host, string queue)
    {
        foreach (var message in await host.TakeAllAsync(queue))
        {
            await host.HandleAsync(queue, message.Body);
        }
    }

    /// <summary>Each message, last one first: killed after no request, after one, after two… until it gets through, and then twice more.</summary>
    /// <returns>How often it was killed.</returns>
    public static async Task<int> DeliverThroughCrashesAsync(this AtpHost host, string queue)
    {
        var kills = 0;
        var messages = await host.TakeAllAsync(queue);
        messages.Reverse();
        foreach (var message in messages)
        {
            for (var requests = 0; await host.Tap.CrashAfterAsync(requests, () => host.HandleAsync(queue, message.Body)); requests++)
            {
                kills++;
            }

            await host.HandleAsync(queue, message.Body);
            await host.HandleAsync(queue, message.Body);
        }

        return kills;
    }

    public static Task HandleAsync(this AtpHost host, string queue, BinaryData body)
    {
        T Message<T>() => JsonSerializer.Deserialize<T>(body, MessageSender.Json)!;
        return queue switch
        {
            Queues.CollectionEvaluation => host.Get<CollectionEvaluation>().EvaluateAsync(Message<EvaluateCollection>(), CancellationToken.None),
            Queues.CollectionShards => host.Get<CollectionEvaluation>().EvaluateAsync(Message<EvaluateShard>(), CancellationToken.None),
            Queues.DeploymentFanOut => host.Get<DeploymentFanOut>().FanOutAsync(Message<FanOutDeployment>(), CancellationToken.None),
            Queues.DeploymentShards => host.Get<DeploymentFanOut>().DeployAsync(Message<DeployShard>(), CancellationToken.None),
            Queues.DeviceReports => host.Get<ReportService>().IngestAsync(body.ToMemory(), CancellationToken.None),
            Queues.HealthShards => host.Get<RollUpService>().CountShardAsync(Message<RollUpShard>(), CancellationToken.None),
            _ => throw new ArgumentException($"No function listens to {queue}.", nameof(queue)),
        };
    }

    /// <summary>All rows of some tables as text, without what storage adds.</summary>
    public static async Task<List<string>> RowsAsync(this AtpHost host, params string[] tables)
    {
        var rows = new List<string>();
        foreach (var name in tables)
        {
            await foreach (var row in host.Table(name).QueryAsync<TableEntity>())
            {
                var columns = row.Where(c => c.Key is not ("odata.etag" or "Timestamp" or "CompletedBy"))
                    .OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key}={(c.Value is DateTimeOffset time ? time.ToString("O") : c.Value)}");
                rows.Add($"{name}: {string.Join(' ', columns)}");
            }
        }

        return rows;
    }
}
