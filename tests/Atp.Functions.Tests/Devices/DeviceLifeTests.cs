using System.Net.Http.Json;
using Atp.Core.Health;
using Atp.Core.Storage;

namespace Atp.Functions.Tests.Devices;

/// <summary>
/// Every target of a running deployment is counted exactly once, whatever happens to its device: renamed, re-imaged with a new
/// id, retired, reinstated or deleted, between fan-out, check-in, report and roll-up, with every message twice and in any order.
/// </summary>
public sealed class DeviceLifeTests(TestStack stack)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_renamed_device_changes_its_name_and_what_name_rules_say_and_nothing_else()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(2));
        await host.ImportAsync([TestSite.Line("pc-1"), TestSite.Line("pc-2")]);
        var byTag = await host.CreateCollectionAsync("By tag", new { tag = "all" });
        var byOldName = await host.CreateCollectionAsync("Old", new { namePattern = "PC-*" });
        var byNewName = await host.CreateCollectionAsync("New", new { namePattern = "KIOSK-*" });
        await host.ActiveAsync(await host.DeployAsync((string)(await host.CreatePolicyAsync())["id"]!, byTag));
        var device = await host.EnrollAsync("pc-1");
        await device.ObeyAsync();
        await device.IngestedAsync();
        var before = await Eventually.GetAsync(() => host.GetJsonAsync("/api/devices/pc-1"), d => (string?)d["health"] == "Healthy");

        await host.ImportAsync([TestSite.Line("pc-1").Replace("PC-1", "KIOSK-1", StringComparison.Ordinal)]);

        var after = await host.GetJsonAsync("/api/devices/pc-1");
        Assert.Equal("KIOSK-1", (string?)after["name"]);
        Assert.Equal(new[] { byTag, byNewName }.Order(StringComparer.Ordinal), after["collections"]!.AsArray().Select(id => (string)id!));
        Assert.Equal(["pc-2"], await host.MembersAsync(byOldName));
        Assert.Equal(["pc-1"], await host.MembersAsync(byNewName));
        foreach (var changed in new[] { "name", "collections" })
        {
            Assert.True(before.Remove(changed) && after.Remove(changed));
        }

        Assert.Equal(before.ToJsonString(), after.ToJsonString());
        Assert.Equal((2, 1), ((int)(await host.RollUpAsync())["site"]!["devices"]!, (int)(await host.GetJsonAsync("/api/health/summary"))["site"]!["healthy"]!));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Each_target_counts_once_after_every_roll_up(int seed)
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(2, QueueDriver.QueueFunctions));
        var play = new Play(host, new Random(seed));
        await play.StartAsync();
        for (var round = 0; round < 6; round++)
        {
            for (var step = 0; step < 12; step++)
            {
                await play.StepAsync();
            }

            await play.RollUpAsync();
            await play.MustCountEachOnceAsync();
        }

        await play.DeliverAllAsync();
        await play.RollUpAsync();
        await play.MustCountEachOnceAsync();
        Assert.All(play.Deeds.Values, count => Assert.True(count > 0, string.Join(", ", play.Deeds)));
    }

    /// <summary>Random life over HTTP; what each device is meant to be is kept beside it.</summary>
    private sealed class Play(AtpHost host, Random random)
    {
        private readonly Dictionary<string, Expected> devices = [];
        private readonly Dictionary<string, TestDevice> agents = [];
        private readonly List<(string Queue, BinaryData Body)> late = [];
        private string policy = "";
        private string byName = "";
        private string direct = "";
        private string deployment = "";
        private int made;

        public Dictionary<string, int> Deeds { get; } = new()
        {
            ["rename"] = 0,
            ["re-image"] = 0,
            ["retire"] = 0,
            ["reinstate"] = 0,
            ["delete"] = 0,
            ["check in"] = 0,
            ["report"] = 0,
            ["deliver"] = 0,
        };

        public async Task StartAsync()
        {
            policy = (string)(await host.CreatePolicyAsync())["id"]!;
            byName = await CreateCollectionAsync(new { name = "By name", rules = new[] { new { namePattern = "PC-*" } } });
            direct = await CreateCollectionAsync(new { name = "Direct" });
            foreach (var queue in new[] { Queues.CollectionEvaluation, Queues.CollectionShards })
            {
                await host.DeliverAsync(queue);
            }

            for (var i = 0; i < 14; i++)
            {
                await AddAsync();
            }

            var chosen = devices.Keys.Where(_ => random.Next(3) == 0).Append(devices.Keys.First()).Distinct().ToArray();
            await (await host.Admin.PostAsJsonAsync($"/api/collections/{direct}/members/add", new { deviceIds = chosen }, Stop)).JsonAsync();
            foreach (var id in chosen)
            {
                devices[id] = devices[id] with { Direct = true };
            }

            deployment = await host.DeployAsync(policy, byName, direct);
        }

        public async Task StepAsync()
        {
            host.Clock.Advance(TimeSpan.FromSeconds(1 + random.Next(600)));
            var deed = Deeds.Keys.ElementAt(random.Next(Deeds.Count));
            var used = devices.Where(d => !d.Value.Retired).Select(d => d.Key).ToList();
            var id = used.Count == 0 ? await AddAsync() : used[random.Next(used.Count)];
            Deeds[deed]++;
            switch (deed)
            {
                case "rename":
                    devices[id] = devices[id] with { Name = random.Next(2) == 0 ? $"PC-{made++}" : $"KIOSK-{made++}" };
                    await PutAsync(id);
                    break;
                case "re-image":
                    var newId = await AddAsync(devices[id].Name);
                    devices[newId] = devices[newId] with { Direct = devices[id].Direct };
                    devices[id] = devices[id] with { Retired = true };
                    await EnrollAsync(newId, new { replaces = id });
                    break;
                case "retire":
                    devices[id] = devices[id] with { Retired = true };
                    await (await host.Admin.PostAsJsonAsync($"/api/devices/{id}/retire", new { reason = "out of use" }, Stop)).JsonAsync();
                    break;
                case "reinstate":
                    var any = devices.Keys.ElementAt(random.Next(devices.Count));
                    devices[any] = devices[any] with { Retired = false };
                    await (await host.Admin.PostAsync($"/api/devices/{any}/reinstate", null, Stop)).JsonAsync();
                    break;
                case "delete":
                    devices.Remove(id);
                    agents.Remove(id);
                    Assert.True((await host.Admin.DeleteAsync($"/api/devices/{id}", Stop)).IsSuccessStatusCode);
                    await AddAsync();
                    break;
                case "check in":
                    await (await AgentAsync(id)).CheckInAsync();
                    break;
                case "report":
                    var agent = await AgentAsync(id);
                    var instructions = (await agent.CheckInAsync())["instructions"];
                    await agent.SendAsync(instructions is null ? agent.Healthy() : agent.Healthy(
                        (string)instructions["deploymentId"]!, (int)instructions["revision"]!,
                        random.Next(4) == 0 ? AssignmentResultText.Error : AssignmentResultText.Success));
                    break;
                default:
                    await DeliverSomeAsync();
                    break;
            }
        }

        /// <summary>A roll-up whose messages come twice and in any order.</summary>
        public async Task RollUpAsync()
        {
            host.Clock.Advance(TimeSpan.FromSeconds(1));
            await host.Get<RollUpService>().StartAsync(Stop);
            foreach (var message in Twice(await host.TakeAllAsync(Queues.HealthShards)))
            {
                await host.HandleAsync(Queues.HealthShards, message.Body);
            }
        }

        public async Task DeliverAllAsync()
        {
            for (var again = 0; again < 3; again++) // a fan-out message makes messages of its own
            {
                await DeliverSomeAsync(all: true);
            }
        }

        public async Task MustCountEachOnceAsync()
        {
            var expected = devices.Where(d => d.Value.IsMember).Select(d => d.Key).Order(StringComparer.Ordinal).ToList();
            var members = (await host.MembersAsync(byName)).Union(await host.MembersAsync(direct)).Order(StringComparer.Ordinal);
            Assert.Equal(expected, members);

            // What each device's page says now is what the roll-up just counted: nothing happened in between.
            var listed = await host.ListAsync("/api/devices?pageSize=5");
            Assert.Equal(devices.Where(d => !d.Value.Retired).Select(d => d.Key).Order(StringComparer.Ordinal),
                listed.Select(d => (string)d["id"]!).Order(StringComparer.Ordinal));
            var pages = listed.SelectMany(d => d["targets"]!.AsArray()).Select(t => (string)t!["status"]!).ToList();
            Assert.Equal(expected.Count, pages.Count);
            var statuses = (await host.GetJsonAsync($"/api/deployments/{deployment}"))["statuses"]!.AsObject();
            foreach (var (status, count) in statuses.Where(s => s.Key != "asOf"))
            {
                Assert.Equal((status, pages.Count(s => s.Equals(status, StringComparison.OrdinalIgnoreCase))), (status, (int)count!));
            }

            var site = (await host.GetJsonAsync("/api/health/summary"))["site"]!;
            Assert.Equal((listed.Count, expected.Count), ((int)site["devices"]!, (int)site["targeted"]!));
            var states = new[] { "healthy", "agentState", "inactive", "notOnboarded", "neverReached" };
            Assert.Equal(expected.Count, states.Sum(state => (int)site[state]!));
        }

        /// <summary>Takes what is on the queues, delivers each message twice in any order, and keeps some for much later.</summary>
        private async Task DeliverSomeAsync(bool all = false)
        {
            foreach (var queue in new[] { Queues.DeploymentFanOut, Queues.DeploymentShards, Queues.DeviceReports })
            {
                late.AddRange((await host.TakeAllAsync(queue)).Select(message => (queue, message.Body)));
            }

            var now = Twice(late).Where(_ => all || random.Next(4) > 0).ToList();
            foreach (var (queue, body) in now)
            {
                await host.HandleAsync(queue, body);
            }

            if (all)
            {
                late.Clear();
            }
            else
            {
                late.RemoveAll(message => now.Contains(message) && random.Next(3) > 0); // the rest comes once more
            }
        }

        private List<T> Twice<T>(List<T> messages)
        {
            var order = messages.Concat(messages).ToArray();
            random.Shuffle(order);
            return [.. order];
        }

        private async Task<string> AddAsync(string? name = null)
        {
            var id = $"device-{made++}";
            devices[id] = new Expected(name ?? (random.Next(3) == 0 ? $"KIOSK-{made}" : $"PC-{made}"), false, false);
            await PutAsync(id);
            return id;
        }

        private async Task PutAsync(string id) =>
            await (await host.PutAsync(id, new { name = devices[id].Name, build = 19045, productType = 1, sku = 4 })).JsonAsync();

        private async Task<TestDevice> AgentAsync(string id) => agents.TryGetValue(id, out var agent) ? agent : await EnrollAsync(id, new { });

        private async Task<TestDevice> EnrollAsync(string id, object body)
        {
            var key = await (await host.Admin.PostAsJsonAsync($"/api/devices/{id}/enroll", body, Stop)).JsonAsync();
            return agents[id] = new TestDevice(host, id, (string)key["key"]!, (int)key["keyVersion"]!);
        }

        private async Task<string> CreateCollectionAsync(object body) =>
            (string)(await (await host.Admin.PostAsJsonAsync("/api/collections", body, Stop)).JsonAsync(System.Net.HttpStatusCode.Created))["id"]!;

        private sealed record Expected(string Name, bool Direct, bool Retired)
        {
            public bool IsMember => !Retired && (Direct || Name.StartsWith("PC-", StringComparison.Ordinal));
        }
    }
}
