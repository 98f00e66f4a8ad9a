using Atp.Core.Storage;
using Atp.Functions.Tests.Devices;

namespace Atp.Functions.Tests;

/// <summary>
/// Every queue function may run twice, late, out of order, or stop half way. Two sites are given the same requests at the same
/// moment; in one each message is delivered once, in the other it is killed at every point where it touches storage, delivered
/// again in another order, and then twice more. Both must end with the same rows.
/// </summary>
public sealed class AtLeastOnceTests(TestStack stack)
{
    private static readonly string[] Compared =
    [
        TableNames.Fleet, TableNames.Collections, TableNames.CollectionShards, TableNames.DeploymentShards, TableNames.RollUps, TableNames.HealthLatest,
        TableNames.HealthHistory, TableNames.DeploymentLatest,
    ];

    [Fact]
    public async Task Killed_half_way_and_run_twice_every_queue_function_leaves_the_rows_of_one_clean_run()
    {
        var clock = new TestClock();
        var options = new AtpHostOptions
        {
            Clock = clock,
            Disabled = QueueDriver.QueueFunctions,
            Settings = { ["Atp:Site:ShardCount"] = "2" },
        };
        await using var clean = await AtpHost.StartAsync(stack, options);
        await using var crashing = await AtpHost.StartAsync(stack, options);

        var kills = new Dictionary<string, int>();
        async Task DeliverAsync(string queue)
        {
            await clean.DeliverAsync(queue);
            kills[queue] = kills.GetValueOrDefault(queue) + await crashing.DeliverThroughCrashesAsync(queue);
        }

        // The collection comes first without rules, then its rules change: EvaluateShard has members to bring in.
        var collection = await BothAsync(clean, crashing, 1, async host =>
        {
            await host.ImportAsync(Enumerable.Range(0, 260).Select(i => TestSite.Line($"device-{i:D4}", build: i % 5 == 0 ? 9600 : 19045)));
            return await CreateAsync(host, "/api/collections", new { name = "All", rules = new[] { new { tag = "all" } } });
        });
        var dependent = await BothAsync(clean, crashing, 4, host => CreateAsync(host, "/api/collections", new { name = "Including", includeCollectionIds = new[] { collection } }));
        await DeliverAsync(Queues.CollectionEvaluation);
        await DeliverAsync(Queues.CollectionShards);

        var policy = await BothAsync(clean, crashing, 2, async host => (string)(await host.CreatePolicyAsync())["id"]!);
        var deployment = await BothAsync(clean, crashing, 3, host => host.DeployAsync(policy, collection));
        await DeliverAsync(Queues.DeploymentFanOut);
        await DeliverAsync(Queues.DeploymentShards);

        foreach (var host in new[] { clean, crashing })
        {
            foreach (var id in new[] { "device-0001", "device-0002", "device-0005" })
            {
                host.Admin.DefaultRequestHeaders.Remove("Repeatability-Request-ID");
                var device = await host.EnrollAsync(id);
                await device.CheckInAsync();
                await device.SendAsync(device.Healthy(deployment, 1, id == "device-0002" ? AssignmentResultText.Error : AssignmentResultText.Success));
            }
        }

        await DeliverAsync(Queues.DeviceReports);
        clock.Advance(TimeSpan.FromMinutes(5));
        foreach (var host in new[] { clean, crashing })
        {
            // Evaluated by the roll-up: the message of it comes later.
            await host.PatchCollectionAsync(dependent, new { includeCollectionIds = Array.Empty<string>(), rules = new[] { new { namePattern = "DEVICE-00*" } } });
            await host.Get<Core.Health.RollUpService>().StartAsync(CancellationToken.None);
        }

        await DeliverAsync(Queues.HealthShards);

        Assert.Equal((100, 100), (await clean.MemberCountAsync(dependent), await crashing.MemberCountAsync(dependent)));
        Assert.Equal(await RowsAsync(clean), await RowsAsync(crashing));
        Assert.All(Queues.All, queue => Assert.True(kills[queue] > 0, $"{queue}: nothing was killed"));
        var site = (await crashing.GetJsonAsync("/api/health/summary"))["site"]!;
        Assert.Equal((260, 2, 1, 257), ((int)site["devices"]!, (int)site["healthy"]!, (int)site["notOnboarded"]!, (int)site["neverReached"]!));
    }

    /// <summary>The history of deliveries has fingerprints of the site's own file and key, and these differ: each goes by its name.</summary>
    private static async Task<List<string>> RowsAsync(AtpHost host)
    {
        var policy = Assert.Single((await host.Get<Core.Site.SiteSnapshots>().ReadAsync(CancellationToken.None)).Policies.Values).Current;
        return [.. (await host.RowsAsync(Compared)).Select(row => row
            .Replace(policy.ConfigurationFile.Sha256, "the file", StringComparison.Ordinal)
            .Replace(policy.Workspace!.KeyVersion, "the key", StringComparison.Ordinal))];
    }

    /// <summary>The same request id on both sites makes the same ids.</summary>
    private static async Task<string> BothAsync(AtpHost clean, AtpHost crashing, int request, Func<AtpHost, Task<string>> act)
    {
        var ids = new List<string>();
        foreach (var host in new[] { clean, crashing })
        {
            host.Admin.DefaultRequestHeaders.Remove("Repeatability-Request-ID");
            host.Admin.DefaultRequestHeaders.Add("Repeatability-Request-ID", $"00000000-0000-0000-0000-{request:D12}");
            ids.Add(await act(host));
        }

        Assert.Equal(ids[0], ids[1]);
        return ids[0];
    }

    private static async Task<string> CreateAsync(AtpHost host, string address, object body)
    {
        using var content = System.Net.Http.Json.JsonContent.Create(body);
        return (string)(await (await host.Admin.PostAsync(address, content)).JsonAsync(System.Net.HttpStatusCode.Created))["id"]!;
    }
}
