using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Atp.Core.Storage;
using Atp.Functions.Tests.Devices;

namespace Atp.Functions.Tests.Http;

/// <summary>
/// Malformed and hostile requests to every operation. <c>ATP_FUZZ_REQUESTS</c> sets how many, <c>ATP_FUZZ_SEED</c> which. By default
/// the seed is always the same: a gate must judge the change before it, and not fail another one by luck. New faults are looked for
/// with other seeds, by hand or by night: <c>ATP_FUZZ_SEED=$RANDOM ATP_FUZZ_REQUESTS=20000</c>.
/// </summary>
public sealed partial class FuzzTests(TestStack stack)
{
    private const int DefaultSeed = 20_261;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_malformed_request_is_answered_with_a_failure_and_none_changes_what_was_there()
    {
        var (seed, count) = (Setting("ATP_FUZZ_SEED", DefaultSeed), Setting("ATP_FUZZ_REQUESTS", 1_000));
        var again = $"ATP_FUZZ_SEED={seed} ATP_FUZZ_REQUESTS={count} makes these requests again.";
        TestContext.Current.SendDiagnosticMessage(again);
        await using var site = await FuzzSite.StartAsync(stack);
        var before = await site.KeptAsync();
        var api = await ApiDescription.GetAsync();
        var fuzzer = new RequestFuzzer(api, seed, site.Targets);
        var faults = new List<string>();
        var statuses = new Dictionary<string, HashSet<int>>();

        foreach (var fuzzed in fuzzer.Requests(count))
        {
            using var answer = await site.SendAsync(fuzzed, Stop);
            var body = await answer.Content.ReadAsByteArrayAsync(Stop);
            faults.AddRange(Faults(api, fuzzed, answer, body, site)
                .Select(fault => $"{fault}\n  {fuzzed}\n  {(int)answer.StatusCode} {Encoding.UTF8.GetString(body)}"));
            if (api.Find(fuzzed.Method, RequestFuzzer.PathAsRead(fuzzed.RawTarget)) is { } operation)
            {
                (statuses.TryGetValue(operation.OperationId!, out var seen) ? seen : statuses[operation.OperationId!] = [])
                    .Add((int)answer.StatusCode);
            }
        }

        Assert.True(faults.Count == 0, $"{again} {faults.Count} faults, the first of them:\n{string.Join("\n", faults.Take(20))}");
        Assert.Equal(before, await site.KeptAsync());
        await site.MustBeWellAsync();

        // It got everywhere, and behind the first door.
        if (count >= 500)
        {
            Assert.Superset(fuzzer.OperationIds.ToHashSet(), statuses.Keys.ToHashSet());
            Assert.Empty(new[] { 200, 400, 401, 404, 412, 413, 415, 428 }.Except(statuses.Values.SelectMany(seen => seen)));
        }
    }

    private static int Setting(string name, int other) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? int.Parse(value, CultureInfo.InvariantCulture) : other;

    private static IEnumerable<string> Faults(ApiDescription api, FuzzedRequest fuzzed, HttpResponseMessage answer, byte[] body, FuzzSite site)
    {
        var status = (int)answer.StatusCode;
        if (status >= 500)
        {
            yield return "It failed.";
            yield break;
        }

        var text = $"{answer.Headers} {Encoding.UTF8.GetString(body)}";
        if (status >= 400 && (Inside().IsMatch(text) || site.Secrets.Any(secret => text.Contains(secret, StringComparison.OrdinalIgnoreCase))))
        {
            yield return "It tells of its inside.";
        }

        if (status is 400 or 404 or 414 or 431 && body.Length == 0 && fuzzed.MayNotReachAFunction)
        {
            yield break;
        }

        if (api.Find(fuzzed.Method, RequestFuzzer.PathAsRead(fuzzed.RawTarget)) is not { } operation)
        {
            if (status != 404 || body.Length > 0)
            {
                yield return "The description doesn't have this address.";
            }

            yield break;
        }

        // HEAD and the like never come here: they are no operation's.
        foreach (var complaint in api.Complaints(operation, answer, body))
        {
            yield return $"The description says otherwise: {complaint}.";
        }
    }

    /// <summary>Of stacks, exceptions, libraries, tokens and storage; nothing of it is in a request.</summary>
    [GeneratedRegex(@"   at |Exception|System\.|Azure\.|Microsoft\.|RequestFailed|Atp\.|IDX\d|AccountKey|PartitionKey:|RequestId:|127\.0\.0\.1:\d")]
    private static partial Regex Inside();

    /// <summary>A site with things that must stay as they are, and others of the same kinds.</summary>
    private sealed class FuzzSite : IAsyncDisposable
    {
        private readonly AtpHost host;
        private readonly TestDevice kept;
        private readonly TestDevice asker;
        private readonly HttpClient client;

        private FuzzSite(AtpHost host, FuzzTargets targets, TestDevice kept, TestDevice asker)
        {
            (this.host, Targets, this.kept, this.asker) = (host, targets, kept, asker);
            client = new HttpClient(new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1
            });
            var vault = new Uri(host.Stack.Stack.Settings(host.Account)["Atp:KeyVault:Endpoint"]!);
            Secrets = [host.Account.Name, host.Account.Key, vault.Authority, kept.Key, TestSite.WorkspaceKey];
        }

        public FuzzTargets Targets { get; }

        public IReadOnlyList<string> Secrets { get; }

        public static async Task<FuzzSite> StartAsync(TestStack stack)
        {
            var host = await AtpHost.StartAsync(stack, Fleet.Shards(2));
            await host.ImportAsync([TestSite.Line("kept-1"), TestSite.Line("asker-1", tags: ""), TestSite.Line("fodder-1", tags: "")]);
            var (policy, otherPolicy) = (await host.CreatePolicyAsync(), await host.CreatePolicyAsync("Fodder"));
            var collection = await host.CreateCollectionAsync("Kept", new { tag = "all" });
            var otherCollection = await host.CreateCollectionAsync("Fodder");
            var deployment = await host.DeployAsync((string)policy["id"]!, collection);
            var otherDeployment = await host.DeployAsync((string)otherPolicy["id"]!, otherCollection);
            await host.ActiveAsync(deployment);
            await host.ActiveAsync(otherDeployment);
            var (kept, asker) = (await host.EnrollAsync("kept-1"), await host.EnrollAsync("asker-1"));
            await kept.ObeyAsync();
            await kept.IngestedAsync();
            await host.RollUpAsync();
            Dictionary<string, string> Ids(JsonObject ofPolicy, string collectionId, string deploymentId, string deviceId) => new()
            {
                ["policyId"] = (string)ofPolicy["id"]!,
                ["collectionId"] = collectionId,
                ["deploymentId"] = deploymentId,
                ["deviceId"] = deviceId,
                ["rollUpId"] = "20260101T000000000Z",
                ["entitySet"] = "healthhistory",
            };
            var targets = new FuzzTargets(
                Ids(policy, collection, deployment, "kept-1"), Ids(otherPolicy, otherCollection, otherDeployment, "fodder-1"));
            return new FuzzSite(host, targets, kept, asker);
        }

        /// <summary>What is kept, as it can be read; but for the place in the order, which its neighbour may move.</summary>
        public async Task<string> KeptAsync()
        {
            var ids = Targets.Kept;
            var policy = await host.GetJsonAsync($"/api/policies/{ids["policyId"]}");
            policy.Remove("order");
            var device = await host.GetJsonAsync($"/api/devices/{ids["deviceId"]}");
            foreach (var target in device["targets"]!.AsArray())
            {
                target!.AsObject().Remove("order");
            }

            var collection = await host.GetJsonAsync($"/api/collections/{ids["collectionId"]}");
            collection.Remove("evaluation");
            var deployment = await host.GetJsonAsync($"/api/deployments/{ids["deploymentId"]}");
            deployment.Remove("statuses"); // of the last roll-up
            JsonNode[] all =
            [
                policy, await host.GetJsonAsync($"/api/policies/{ids["policyId"]}/revisions"), device, collection,
                await host.GetJsonAsync($"/api/collections/{ids["collectionId"]}/members"), deployment,
            ];
            return string.Join('\n', all.Select(node => node.ToJsonString()));
        }

        public async Task<HttpResponseMessage> SendAsync(FuzzedRequest fuzzed, CancellationToken ct)
        {
            using var request = new HttpRequestMessage(fuzzed.Method,
                new Uri(host.BaseAddress.GetLeftPart(UriPartial.Authority) + fuzzed.RawTarget,
                    new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
            if (fuzzed.Body is not null)
            {
                request.Content = new ByteArrayContent(fuzzed.Body);
                request.Content.Headers.TryAddWithoutValidation("Content-Type", fuzzed.ContentType);

                // Else the connection may be closed in the middle of a body that nobody reads, and the answer is lost.
                request.Headers.ExpectContinue = fuzzed.Body.Length > 64 * 1024;
            }

            var authorization = fuzzed.Sender switch
            {
                Sender.Administrator => host.Admin.DefaultRequestHeaders.Authorization!.ToString(),
                Sender.Device => asker.Token(),
                _ => null,
            };
            foreach (var (name, value) in authorization is null ? fuzzed.Headers : fuzzed.Headers.Prepend(("Authorization", authorization)))
            {
                if (!request.Headers.TryAddWithoutValidation(name, value))
                {
                    request.Content?.Headers.TryAddWithoutValidation(name, value);
                }
            }

            return await client.SendAsync(request, ct);
        }

        /// <summary>Devices are served, administrators can change things, and nothing lies in a poison queue.</summary>
        public async Task MustBeWellAsync()
        {
            var answer = await kept.CheckInAsync();
            Assert.Equal(Targets.Kept["deploymentId"], (string?)answer["instructions"]!["deploymentId"]);
            Assert.Equal(HttpStatusCode.OK, (await kept.GetAsync((string)answer["instructions"]!["configuration"]!["url"]!)).StatusCode);
            var collection = await host.CreateCollectionAsync("After", new { tag = "all" });
            Assert.Equal(["kept-1"], await host.MembersAsync(collection));
            Assert.Equal(1, (int)(await host.RollUpAsync())["scopes"]!.AsArray()
                .Single(s => (string)s!["scope"]! == $"collection!{Targets.Kept["collectionId"]}")!["devices"]!);
            foreach (var queue in Queues.All)
            {
                await host.EmptyAsync(queue);
                Assert.Equal(0, (await host.Queue(queue + Queues.PoisonSuffix).ExistsAsync()).Value
                    ? (await host.Queue(queue + Queues.PoisonSuffix).GetPropertiesAsync()).Value.ApproximateMessagesCount : 0);
            }

            Assert.Empty(host.Log.Lines.Where(line => line.StartsWith("Error ", StringComparison.Ordinal)).Take(5));
        }

        public async ValueTask DisposeAsync()
        {
            client.Dispose();
            await host.DisposeAsync();
        }
    }
}
