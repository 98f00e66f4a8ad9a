using System.Net;
using System.Net.Http.Json;
using Atp.Core.Storage;
using Atp.Functions.Tests.Devices;
using Atp.Functions.Tests.Http;
using Microsoft.OpenApi;

namespace Atp.Functions.Tests.Security;

/// <summary>Ids that are to lead to another path, another key or another query than theirs, in every operation that has one.</summary>
public sealed class InjectedIdTests(TestStack stack)
{
    /// <summary>Each made of the id of something that is there, which it must not reach.</summary>
    private static readonly string[] Injections =
    [
        "..%2f{0}", "x%2f..%2f{0}", "%2e%2e%2f{0}", "%252e%252e%252f{0}", "..%5c{0}", "{0}%2f", "{0}%5c", "{0}%00", "%00{0}", "{0}%00.json",
        "{0}%0a", "{0}%0d%0aX-Injected:%201", "{0}%20", "%20{0}",
        "{0}%27", "%27%20or%20%271%27%20eq%20%271", "{0}%27%20or%20PartitionKey%20ne%20%27", "x%27)%20or%20(RowKey%20eq%20%27{0}",
        "{0}%27,RowKey=%27x", "(PartitionKey=%27x%27)", "{0}!", "!{0}", "{0}%21x", "{0}%22",
        "%22{0}%22", "{0}%23", "{0}%3f", "{0}%26", "{0}%25", "*", "%2a", "{0}*", "{0};", "{0}%e2%80%8b", "%ef%bb%bf{0}", "%f0%9f%98%80",
        "%ef%bc%8e%ef%bc%8e%ef%bc%8f{0}", "%d0%b0", "%e2%84%aa", "%c0%ae%c0%ae", "%ff", "{{0}}",
    ];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_injected_id_is_an_id_of_nothing_in_every_operation_and_writes_nothing()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1, QueueDriver.QueueFunctions));
        await host.ImportAsync([TestSite.Line("pc-1")]);
        var policy = (string)(await host.CreatePolicyAsync())["id"]!;
        var collection = await host.PostCollectionAsync(new { name = "All", rules = new[] { new { tag = "all" } } });
        await host.EvaluateByHandAsync();
        var deployment = await host.DeployAsync(policy, collection);
        await host.DeliverAsync(Queues.DeploymentFanOut);
        await host.DeliverAsync(Queues.DeploymentShards);
        var device = await host.EnrollAsync("pc-1");
        var ids = new Dictionary<string, string>
        {
            ["policyId"] = policy,
            ["collectionId"] = collection,
            ["deploymentId"] = deployment,
            ["deviceId"] = "pc-1",
            ["rollUpId"] = (await host.RollUpByHandAsync()).Id,
            ["revision"] = "1",
            ["queue"] = Queues.DeviceReports,
        };
        var before = await host.RowsAsync([.. TableNames.Own]);
        var api = await ApiDescription.GetAsync();
        var through = new List<string>();
        using var http = new HttpClient();
        foreach (var (method, path, operation) in api.Operations)
        {
            var named = (api.Result.Document!.Paths[path].Parameters ?? [])
                .Where(p => p.In == ParameterLocation.Path && ids.ContainsKey(p.Name!)).Select(p => p.Name!).ToList();
            foreach (var (attacked, injection) in named.SelectMany(name => Injections.Select(injection => (name, injection))))
            {
                var target = named.Aggregate(path, (text, name) => text.Replace($"{{{name}}}",
                    name == attacked ? injection.Replace("{0}", ids[name], StringComparison.Ordinal) : ids[name], StringComparison.Ordinal));
                using var request = new HttpRequestMessage(method,
                    new Uri(host.BaseAddress.GetLeftPart(UriPartial.Authority) + "/api" + target,
                        new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
                request.Headers.TryAddWithoutValidation("Authorization", operation.Security!.Any(s => s.Keys.Any(k => k.Reference.Id == "device"))
                    ? device.Token() : host.Admin.DefaultRequestHeaders.Authorization!.ToString());
                request.Headers.TryAddWithoutValidation("If-Match", "\"1\"");
                request.Content = operation.RequestBody is null ? null : JsonContent.Create(Body(operation.OperationId!, policy, collection));

                using var answer = await http.SendAsync(request, Stop);

                if (answer.StatusCode is not (HttpStatusCode.NotFound or HttpStatusCode.BadRequest) || answer.Headers.Contains("X-Injected"))
                {
                    through.Add($"{method} {target}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(Stop)}");
                }
            }
        }

        Assert.True(through.Count == 0, string.Join('\n', through.Take(20)));
        Assert.Equal(before, await host.RowsAsync([.. TableNames.Own]));
    }

    /// <summary>One that would be granted, were the id the thing's own.</summary>
    private static object Body(string operationId, string policy, string collection) => operationId switch
    {
        "updatePolicy" or "updateCollection" => new { description = "changed" },
        "movePolicy" or "previewPolicyOrder" => new { move = "Increase" },
        "upsertDevice" => new { name = "PC-1", build = 19045, productType = 1 },
        "enrollDevice" => new { newKey = true },
        "retireDevice" or "endDeployment" => new { reason = "attack" },
        "addMembers" or "removeMembers" => new { deviceIds = new[] { "pc-1" } },
        "createDeployment" => new { policyId = policy, collectionIds = new[] { collection } },
        "replayPoison" or "discardPoison" => new { max = 1 },
        _ => new { },
    };
}
