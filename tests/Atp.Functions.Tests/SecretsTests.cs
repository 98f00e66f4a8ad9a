using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atp.Core.Agent;
using Atp.Core.Health;
using Atp.Core.Secrets;
using Atp.Core.Storage;
using Atp.Functions.Tests.Devices;
using Atp.Functions.Tests.Telemetry;
using Atp.Local;
using Azure.Data.Tables;

namespace Atp.Functions.Tests;

/// <summary>Secrets never leave their place: the whole run is searched for the values that were planted in it.</summary>
public sealed class SecretsTests(TestStack stack)
{
    [Fact]
    public async Task No_secret_is_in_any_log_table_queue_trace_or_answer_of_a_whole_run()
    {
        using var witness = new Witness();
        await using var collector = await Collector.StartAsync();
        await using var host = await AtpHost.StartAsync(stack, new AtpHostOptions
        {
            Witness = witness,
            Settings = new(collector.Settings) { ["OTEL_TRACES_SAMPLER"] = "always_on" },
        });
        var planted = new Dictionary<string, string>();

        await host.ImportAsync([TestSite.Line("up-1"), TestSite.Line("down-1", build: 9600, productType: 3), TestSite.Line("plain-1")]);
        var policyId = await CreateAndEditPolicyAsync(host, planted);
        var collection = await host.CreateCollectionAsync("Everybody", new { tag = "all" });
        var deploymentId = await host.DeployAsync(policyId, collection);
        await host.ActiveAsync(deploymentId);
        var up = await EnrollAsync(host, "up-1", planted);
        var down = await EnrollAsync(host, "down-1", planted);
        await ApplyAsync(up, planted);
        await ApplyAsync(down, planted);
        Assert.Equal(HttpStatusCode.Accepted, (await up.PostReportsAsync(JsonSerializer.SerializeToUtf8Bytes(up.Healthy(), DeviceReport.Json))).StatusCode);
        await RotateAsync(host, up, planted);
        await GoWrongAsync(host, up, deploymentId, planted);
        await AttackAsync(host, policyId, planted);
        await DeleteAndRecoverAsync(host, planted);
        await host.RollUpAsync();
        await host.Get<ReconcileService>().RunAsync(CancellationToken.None);
        await AskForEverythingAsync(host, policyId, deploymentId, collection);
        await AddWhatTheSiteHoldsAsync(host, planted);

        var places = await PlacesAsync(host, witness, collector);

        // What the search looks at is really there.
        Assert.All(new[] { "log", "trace", "exported traces", "exported metrics", "exported logs", "storage request", "table", "queue", "answer" },
            kind => Assert.Contains(places, place => place.Name.StartsWith(kind, StringComparison.Ordinal)));
        Assert.Contains(places, p => p.Name == "trace" && p.Text.Contains("DeployShard", StringComparison.Ordinal));
        Assert.Contains(places, p => p.Name == "exported traces" && p.Text.Contains("SecretClient.GetSecret", StringComparison.Ordinal));
        Assert.Contains(places, p => p.Name == "queue device-reports-poison" || p.Name == "queue deployment-shards-poison");
        Assert.Contains(places, p => p.Name.EndsWith($"/api/agent/configuration/{deploymentId}", StringComparison.Ordinal) && Holds(p.Text, planted["file"]));
        Assert.Contains(places, p => p.Name == "answer POST /api/agent/check-in" && Holds(p.Text, planted["new key of up-1"]));
        Assert.Contains(places, p => p.Name.EndsWith($"/api/agent/workspace/{deploymentId}", StringComparison.Ordinal) && Holds(p.Text, planted["workspace key"]));

        var leaks =
            from place in places
            from secret in planted
            where Holds(place.Text, secret.Value) && !IsMeantFor(place.Name, secret.Key, deploymentId)
            select $"{secret.Key} in {place.Name}: {Around(place.Text, secret.Value)}";
        Assert.Empty(leaks.Take(20));
    }

    /// <summary>The two downloads; the device key in the enrollment's answer; and in the check-in's, the right to send reports.</summary>
    private static bool IsMeantFor(string place, string secret, string deploymentId) => secret switch
    {
        "file" or "file signature" => place == $"answer GET /api/agent/configuration/{deploymentId}",
        "workspace key" => place == $"answer GET /api/agent/workspace/{deploymentId}",
        "key of up-1" or "key of down-1" => place == $"answer POST /api/devices/{secret[7..]}/enroll",
        "key of plain-1" => place == "answer POST /api/devices/enroll",
        "new key of up-1" => place == "answer POST /api/agent/check-in",
        "signature of a poisoned report" or "key in a poisoned report" => place == "queue device-reports-poison",
        "key in a poisoned message" => place == "queue health-shards-poison",
        "report address of up-1" or "report address of down-1" => place == "answer POST /api/agent/check-in",
        _ => false,
    };

    /// <summary>A file by form, refused attempts that carry secrets, then a new key by an edit as JSON.</summary>
    private static async Task<string> CreateAndEditPolicyAsync(AtpHost host, Dictionary<string, string> planted)
    {
        var file = host.Stack.Authority.CreateOnboarding(TestSite.OrgId);
        var body = JsonNode.Parse(file.Content)!;
        planted["file"] = (string)JsonNode.Parse((string)body["body"]!)!["vortexServerUrl"]!;
        planted["file signature"] = (string)body["sig"]!;
        planted["first workspace key"] = NewKey();
        planted["workspace key"] = NewKey();
        planted["refused workspace key"] = NewKey()[..^8] + "!";
        using var form = TestSite.PolicyForm(file.ToZip(), workspaceKey: planted["first workspace key"]);
        var policy = await (await host.Admin.PostAsync("/api/policies", form)).JsonAsync(HttpStatusCode.Created);

        using var refused = TestSite.PolicyForm(file.ToZip(), name: "Another", workspaceKey: planted["refused workspace key"]);
        await (await host.Admin.PostAsync("/api/policies", refused)).JsonAsync(HttpStatusCode.BadRequest);
        var truncated = file with { Content = file.Content[..^20] };
        using var cutOff = TestSite.PolicyForm(truncated, name: "Another", workspaceKey: planted["workspace key"]);
        await (await host.Admin.PostAsync("/api/policies", cutOff)).JsonAsync(HttpStatusCode.BadRequest);
        await (await host.Admin.PostAsJsonAsync("/api/policies", new
        {
            name = "Another",
            kind = "Onboarding",
            workspaceId = planted["workspace key"],
            workspaceKey = TestSite.WorkspaceId,
            configurationFile = new { name = file.FileName, content = file.Content },
        })).JsonAsync(HttpStatusCode.BadRequest);

        using var edit = new HttpRequestMessage(HttpMethod.Patch, $"/api/policies/{policy["id"]}")
        {
            Content = JsonContent.Create(new { workspaceId = TestSite.WorkspaceId, workspaceKey = planted["workspace key"] }),
        };
        edit.Headers.IfMatch.Add(new EntityTagHeaderValue("\"1\""));
        await (await host.Admin.SendAsync(edit)).JsonAsync();
        return (string)policy["id"]!;
    }

    /// <summary>A policy with a damaged file that is deleted and recovered, and one that is gone for good.</summary>
    private static async Task DeleteAndRecoverAsync(AtpHost host, Dictionary<string, string> planted)
    {
        foreach (var name in new[] { "recovered", "removed" })
        {
            planted[$"workspace key of the {name} policy"] = NewKey();
            using var form = TestSite.PolicyForm(
                host.Stack.Authority.CreateOnboarding(TestSite.OrgId).ToZip(), name, workspaceKey: planted[$"workspace key of the {name} policy"]);
            var policy = await (await host.Admin.PostAsync("/api/policies", form)).JsonAsync(HttpStatusCode.Created);
            var (address, sha256) = ($"/api/policies/{policy["id"]}", (string)policy["configurationFile"]!["sha256"]!);
            planted[$"what came in place of the {name} file"] = NewKey();
            await host.Blobs.GetBlobContainerClient(Containers.Onboarding).GetBlobClient(Core.Policies.PolicyFiles.NameOf((string)policy["id"]!, sha256))
                .UploadAsync(BinaryData.FromString(planted[$"what came in place of the {name} file"]), overwrite: true);
            Assert.Equal(HttpStatusCode.NoContent, (await host.ChangeAsync(HttpMethod.Delete, address, 1)).StatusCode);
            await host.GetJsonAsync("/api/policies?deleted=true");
            if (name == "recovered")
            {
                await (await host.ChangeAsync(HttpMethod.Post, $"{address}/recover", 1)).JsonAsync();
            }
            else
            {
                host.Clock.Advance(TimeSpan.FromDays(8));
                await host.Get<ReconcileService>().RunAsync(CancellationToken.None);
                Assert.Equal(HttpStatusCode.NotFound, (await host.ChangeAsync(HttpMethod.Post, $"{address}/recover", 1)).StatusCode);
            }
        }
    }

    private static async Task<TestDevice> EnrollAsync(AtpHost host, string deviceId, Dictionary<string, string> planted)
    {
        var device = await host.EnrollAsync(deviceId);
        planted[$"key of {deviceId}"] = device.Key;
        planted[$"token of {deviceId}"] = SignatureOf(device.Token());
        return device;
    }

    private static async Task ApplyAsync(TestDevice device, Dictionary<string, string> planted)
    {
        var answer = await device.CheckInAsync();
        planted[$"report address of {device.Id}"] = SignatureOf(new Uri((string)answer["reports"]!["queueUri"]!).Query[1..]);
        var instructions = answer["instructions"]!;
        var address = (string?)instructions["configuration"]?["url"] ?? (string)instructions["workspaceUrl"]!;
        Assert.Equal(HttpStatusCode.OK, (await device.GetAsync(address)).StatusCode);
        await device.SendAsync(device.Healthy((string)instructions["deploymentId"]!, (int)instructions["revision"]!));
    }

    /// <summary>A new enrollment key, which one device moves to and another one, of many, is enrolled under.</summary>
    private static async Task RotateAsync(AtpHost host, TestDevice device, Dictionary<string, string> planted)
    {
        await (await host.Admin.PostAsJsonAsync("/api/site/enrollment-keys/rotate", new { })).JsonAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(10));
        planted[$"new key of {device.Id}"] = (string)(await device.CheckInAsync())["newKey"]!;
        var moved = new TestDevice(host, device.Id, planted[$"new key of {device.Id}"], device.KeyVersion);
        planted[$"new token of {device.Id}"] = SignatureOf(moved.Token());
        Assert.Null((await moved.CheckInAsync())["newKey"]);
        var enrolled = await (await host.Admin.PostAsJsonAsync("/api/devices/enroll", new { deviceIds = new[] { "plain-1", "nobody" } })).JsonAsync();
        planted["key of plain-1"] = (string)enrolled["results"]![0]!["key"]!;
        await (await host.Admin.PostAsJsonAsync("/api/site/enrollment-keys/retire-old", new { })).JsonAsync(HttpStatusCode.Conflict);
    }

    /// <summary>Secrets where they don't belong, forged and broken messages, and one that can only be poisoned.</summary>
    private static async Task GoWrongAsync(AtpHost host, TestDevice device, string deploymentId, Dictionary<string, string> planted)
    {
        planted["a token of nobody"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(48)).Replace('+', '-').Replace('/', '_');
        using var nobody = host.Anonymous();
        nobody.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", planted["a token of nobody"]);
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync("/api/policies")).StatusCode);
        using var client = host.Anonymous();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", device.Token() + "x");
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.PostAsJsonAsync("/api/agent/check-in", new { })).StatusCode);
        using var own = device.Client();
        Assert.Equal(HttpStatusCode.BadRequest, (await own.PostAsJsonAsync("/api/agent/check-in", new { key = device.Key })).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await device.GetAsync($"/api/agent/workspace/{deploymentId}")).StatusCode);

        await device.SendAsync(device.Healthy() with { Signature = Convert.ToBase64String(new byte[32]) });
        await device.SendAsync(device.Sign(new { reportedAt = "not a time" }));
        await host.Queue(Queues.DeviceReports).SendMessageAsync("not JSON at all");
        await host.Queue(Queues.DeploymentShards).SendMessageAsync("""{"v":1,"deploymentId":5}""");
        await Eventually.TrueAsync(async () =>
            (await host.Queue(Queues.DeploymentShards + Queues.PoisonSuffix).GetPropertiesAsync()).Value.ApproximateMessagesCount == 1);
        await device.IngestedAsync();

        planted["key in a poisoned report"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        planted["key in a poisoned message"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        var poisoned = device.Sign(new { reportedAt = host.Clock.GetUtcNow(), senseIsRunning = true, onboardingState = 1, errorCode = planted["key in a poisoned report"] });
        planted["signature of a poisoned report"] = poisoned.Signature;
        await host.Queue(Queues.DeviceReports + Queues.PoisonSuffix).SendMessageAsync(JsonSerializer.Serialize(poisoned, DeviceReport.Json));
        await host.Queue(Queues.DeviceReports + Queues.PoisonSuffix).SendMessageAsync($"{{\"{planted["key in a poisoned report"]}\":1}}");
        await host.Queue(Queues.HealthShards + Queues.PoisonSuffix).SendMessageAsync($"{{\"v\":1,\"rollUpId\":\"{planted["key in a poisoned message"]}\"}}");
    }

    /// <summary>Credentials that are refused, and uploads that never become anything, with secrets in them.</summary>
    private static async Task AttackAsync(AtpHost host, string policyId, Dictionary<string, string> planted)
    {
        var tokens = host.Stack.Stack.Tokens;
        var request = new TokenRequest { Subject = "attacker", Audience = "another service", Roles = AtpHost.AllRoles };
        foreach (var (what, token) in new[]
        {
            ("a token for another service", tokens.CreateToken(request)),
            ("a token that has expired", tokens.CreateToken(request with { Audience = host.Stack.Stack.Audience, Lifetime = TimeSpan.FromDays(-1) })),
            ("a token without roles", tokens.CreateToken(request with { Audience = host.Stack.Stack.Audience, Roles = [] })),
        })
        {
            planted[what] = token.Split('.')[2];
            using var client = host.Anonymous();
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
            Assert.Equal(what == "a token without roles" ? HttpStatusCode.Forbidden : HttpStatusCode.Unauthorized, (await client.GetAsync("/api/policies")).StatusCode);
            client.DefaultRequestHeaders.Authorization = null;
            Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync($"/api/policies?access_token={token}")).StatusCode);
        }

        var key = planted["key in a broken upload"] = NewKey();
        foreach (var (type, body) in new[]
        {
            ("application/json", $$"""{"name":"Another","kind":"Onboarding","workspaceId":"{{TestSite.WorkspaceId}}","workspaceKey":"{{key}}"""),
            ("application/json", $$"""{"name":"Another","workspaceKey":["{{key}}"]}"""),
            ("application/json", $$"""{"workspaceKey":"{{key}}","description":"{{new string('x', 2 * 1024 * 1024)}}"}"""),
            ("application/json; charset=utf-16", $$"""{"workspaceKey":"{{key}}"}"""),
            ("text/plain", key),
            ("multipart/form-data; boundary=b", $"--b\r\nContent-Disposition: form-data; name=\"workspaceKey\"\r\n\r\n{key}"),
            ("multipart/form-data; boundary=other", $"--b\r\nContent-Disposition: form-data; name=\"workspaceKey\"\r\n\r\n{key}\r\n--b--"),
        })
        {
            foreach (var (method, address) in new[] { (HttpMethod.Post, "/api/policies"), (HttpMethod.Patch, $"/api/policies/{policyId}") })
            {
                using var upload = new HttpRequestMessage(method, address) { Content = new StringContent(body) };
                upload.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
                upload.Headers.TryAddWithoutValidation("If-Match", "\"1\"");
                upload.Headers.ExpectContinue = body.Length > 64 * 1024;
                Assert.InRange((int)(await host.Admin.SendAsync(upload)).StatusCode, 400, 499);
            }
        }

        using var lines = new StringContent($$"""{"deviceId":"leak-1","name":"L","build":"{{key}}","productType":1}""" + $"\n{{\"deviceId\":\"leak-2\",\"key\":\"{key}\"");
        lines.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        Assert.Equal(2, (int)(await (await host.Admin.PostAsync("/api/devices/import", lines)).JsonAsync())["rejected"]!);
    }

    private static async Task AskForEverythingAsync(AtpHost host, string policyId, string deploymentId, string collectionId)
    {
        foreach (var address in new[]
        {
            "policies", $"policies/{policyId}", $"policies/{policyId}/revisions", $"policies/{policyId}/revisions/1", "devices", "devices/up-1",
            "collections", $"collections/{collectionId}", $"collections/{collectionId}/members", "deployments", $"deployments/{deploymentId}",
            "poison", "poison/device-reports", "poison/health-shards", "poison/deployment-shards",
            "health/summary", "health/history", "feed", "feed/healthlatest", "feed/healthhistory", "feed/deploymentlatest", "site", "dashboard/sign-in", "audit", "audit/chains", "policies?deleted=true", $"devices?scope=deployment!{deploymentId}&health=Targeted",
        })
        {
            await host.GetJsonAsync($"/api/{address}");
        }
    }

    private static async Task AddWhatTheSiteHoldsAsync(AtpHost host, Dictionary<string, string> planted)
    {
        var keys = (await host.GetJsonAsync("/api/site"))["enrollmentKeys"]!;
        foreach (var which in new[] { "primary", "secondary" })
        {
            planted[$"{which} enrollment key"] =
                (await host.Get<SecretStore>().FindAsync(EnrollmentKeys.Secret, (string)keys[$"{which}Version"]!, CancellationToken.None))!;
        }

        planted["administrator's token"] = host.Admin.DefaultRequestHeaders.Authorization!.Parameter!.Split('.')[2];
        planted["storage account key"] = host.Account.Key;
        planted["sign-in password"] = host.Stack.Stack.SignInPassword;
        planted["client secret"] = host.Stack.Stack.Settings(host.Account)["Atp:LocalTrust:ClientSecret"]!;
    }

    private static async Task<List<(string Name, string Text)>> PlacesAsync(AtpHost host, Witness witness, Collector collector)
    {
        var places = new List<(string Name, string Text)>();
        places.AddRange(host.Log.Lines.Select(line => ("log", line)));
        places.AddRange(witness.Traces.Select(trace => ("trace", trace)));
        places.AddRange(collector.TakeAll(host).Select(body => ($"exported {body.Signal}", body.Text)));
        places.AddRange(witness.StorageRequests.Select(request => ("storage request", request)));
        places.AddRange(witness.Answers.Select(answer => ($"answer {answer.Request}", answer.Answer)));
        await foreach (var table in host.Tables.QueryAsync())
        {
            await foreach (var row in host.Table(table.Name).QueryAsync<TableEntity>())
            {
                places.Add(($"table {table.Name}", string.Join(' ', row.Select(c =>
                    $"{c.Key}={(c.Value is byte[] bytes ? Encoding.UTF8.GetString(bytes) + Convert.ToHexString(bytes) : c.Value)}"))));
            }
        }

        await foreach (var queue in host.Queues.GetQueuesAsync())
        {
            foreach (var message in (await host.Queue(queue.Name).PeekMessagesAsync(32)).Value)
            {
                places.Add(($"queue {queue.Name}", message.Body.ToString()));
            }
        }

        return places;
    }

    /// <summary>As it is, or in the encodings that text goes through on its way.</summary>
    private static bool Holds(string text, string secret)
    {
        if (Forms(secret).Any(form => text.Contains(form, StringComparison.Ordinal)))
        {
            return true;
        }

        var raw = new byte[secret.Length];
        return Convert.TryFromBase64String(secret, raw, out var length)
            && (text.Contains(Convert.ToHexString(raw.AsSpan(0, length)), StringComparison.OrdinalIgnoreCase)
                || text.Contains(Base64Url.EncodeToString(raw.AsSpan(0, length)), StringComparison.Ordinal));
    }

    private static IEnumerable<string> Forms(string secret) =>
    [
        secret, Uri.EscapeDataString(secret), JsonEncodedText.Encode(secret).ToString(), Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)),
    ];

    private static string Around(string text, string secret)
    {
        var at = Math.Max(Forms(secret).Max(form => text.IndexOf(form, StringComparison.Ordinal)), 0);
        return text[Math.Max(0, at - 150)..at];
    }

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));

    private static string SignatureOf(string parameters) => Uri.UnescapeDataString(
        parameters.Split('&').Single(p => p.StartsWith("sig=", StringComparison.Ordinal))["sig=".Length..]);
}
