using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Atp.Core.Agent;
using Atp.Core.Storage;
using Atp.Local.SamplePackages;
using Azure.Storage.Queues;

namespace Atp.Functions.Tests;

/// <summary>The steps that tests of whole flows share, each over HTTP and the queues as users make them.</summary>
public static class TestSite
{
    public const string WorkspaceId = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0";
    public static readonly Guid OrgId = Guid.Parse("11111111-2222-3333-4444-555555555555");

    public static string WorkspaceKey { get; } = Convert.ToBase64String(Enumerable.Range(0, 64).Select(i => (byte)(i * 3)).ToArray());

    public static async Task<JsonObject> JsonAsync(this HttpResponseMessage response, HttpStatusCode expected = HttpStatusCode.OK)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(expected == response.StatusCode, $"{response.RequestMessage?.Method} {response.RequestMessage?.RequestUri}: {(int)response.StatusCode} {text}");
        return JsonNode.Parse(text)!.AsObject();
    }

    public static async Task<JsonObject> GetJsonAsync(this AtpHost host, string address) => await (await host.Admin.GetAsync(address)).JsonAsync();

    public static MultipartFormDataContent PolicyForm(
        SampleFile file, string name = "Onboard", string kind = "Onboarding", string? workspaceId = WorkspaceId, string? workspaceKey = null)
    {
        var form = new MultipartFormDataContent { { new StringContent(name), "name" }, { new StringContent(kind), "kind" } };
        if (workspaceId is not null)
        {
            form.Add(new StringContent(workspaceId), "workspaceId");
            form.Add(new StringContent(workspaceKey ?? WorkspaceKey), "workspaceKey");
        }

        var content = new ByteArrayContent(file.Content);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        form.Add(content, "configurationFile", file.FileName);
        return form;
    }

    public static async Task<JsonObject> CreatePolicyAsync(this AtpHost host, string name = "Onboard", string? workspaceId = WorkspaceId, Guid? orgId = null)
    {
        using var form = PolicyForm(host.Stack.Authority.CreateOnboarding(orgId ?? OrgId).ToZip(), name, workspaceId: workspaceId);
        return await (await host.Admin.PostAsync("/api/policies", form)).JsonAsync(HttpStatusCode.Created);
    }

    public static async Task<JsonObject> CreateOffboardingPolicyAsync(this AtpHost host, DateTimeOffset expiresAt)
    {
        using var form = PolicyForm(host.Stack.Authority.CreateOffboarding(OrgId, expiresAt).ToZip(), "Offboard", "Offboarding", workspaceId: null);
        return await (await host.Admin.PostAsync("/api/policies", form)).JsonAsync(HttpStatusCode.Created);
    }

    /// <summary>A collection by rules; waits until every shard was evaluated.</summary>
    public static async Task<string> CreateCollectionAsync(this AtpHost host, string name, params object[] rules)
    {
        var created = await (await host.Admin.PostAsJsonAsync("/api/collections", new { name, rules })).JsonAsync(HttpStatusCode.Created);
        var id = (string)created["id"]!;
        await host.EvaluatedAsync(id);
        return id;
    }

    public static Task EvaluatedAsync(this AtpHost host, string collectionId) => Eventually.TrueAsync(async () =>
    {
        var evaluation = (await host.GetJsonAsync($"/api/collections/{collectionId}"))["evaluation"]!;
        return (int)evaluation["shardsDone"]! == (int)evaluation["shards"]!;
    });

    public static async Task<JsonObject> ImportAsync(this AtpHost host, IEnumerable<string> lines)
    {
        using var content = new StringContent(string.Join('\n', lines), Encoding.UTF8);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        return await (await host.Admin.PostAsync("/api/devices/import", content)).JsonAsync();
    }

    /// <summary>An inventory line; Windows 10 22H2 unless told.</summary>
    public static string Line(string deviceId, int build = 19045, int productType = 1, int sku = 4, string tags = "\"all\"") =>
        $$"""{"deviceId":"{{deviceId}}","name":"{{deviceId.ToUpperInvariant()}}","build":{{build}},"productType":{{productType}},"sku":{{sku}},"tags":[{{tags}}]}""";

    public static async Task<string> DeployAsync(this AtpHost host, string policyId, params string[] collectionIds)
    {
        var created = await (await host.Admin.PostAsJsonAsync("/api/deployments", new { policyId, collectionIds })).JsonAsync(HttpStatusCode.Accepted);
        return (string)created["id"]!;
    }

    public static Task<JsonObject> ActiveAsync(this AtpHost host, string deploymentId) => Eventually.GetAsync(
        () => host.GetJsonAsync($"/api/deployments/{deploymentId}"), deployment => (string)deployment["state"]! == "Active");

    public static async Task<JsonObject> RollUpAsync(this AtpHost host)
    {
        host.Clock.Advance(TimeSpan.FromMilliseconds(10)); // each run is of its own millisecond
        var started = await (await host.Admin.PostAsync("/api/health/rollup", null)).JsonAsync(HttpStatusCode.Accepted);
        await Eventually.GetAsync(() => host.GetJsonAsync($"/api/health/rollups/{started["id"]}"), r => (string)r["state"]! == "Completed");
        return await host.GetJsonAsync("/api/health/summary");
    }

    public static async Task<TestDevice> EnrollAsync(this AtpHost host, string deviceId)
    {
        var answer = await (await host.Admin.PostAsJsonAsync($"/api/devices/{deviceId}/enroll", new { })).JsonAsync();
        return new TestDevice(host, deviceId, (string)answer["key"]!, (int)answer["keyVersion"]!);
    }
}

/// <summary>A device's agent: signs, checks in, downloads and reports as real ones do.</summary>
public sealed class TestDevice(AtpHost host, string id, string key, int keyVersion)
{
    public string Id => id;

    public string Key => key;

    public int KeyVersion => keyVersion;

    private QueueClient? reports;

    public string Token(TimeSpan? lifetime = null) =>
        DeviceSigning.CreateToken(key, id, keyVersion, host.Clock.GetUtcNow() + (lifetime ?? TimeSpan.FromHours(1)));

    public HttpClient Client()
    {
        var client = host.Anonymous();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", Token());
        return client;
    }

    public async Task<JsonObject> CheckInAsync(object? inventory = null)
    {
        using var client = Client();
        var answer = await (await client.PostAsJsonAsync("/api/agent/check-in", new { inventory })).JsonAsync();
        reports = new QueueClient(new Uri((string)answer["reports"]!["queueUri"]!), new QueueClientOptions { MessageEncoding = QueueMessageEncoding.None });
        return answer;
    }

    public async Task<HttpResponseMessage> GetAsync(string address)
    {
        using var client = Client();
        return await client.GetAsync(address);
    }

    public SignedReport Sign(object report)
    {
        var body = System.Text.Json.JsonSerializer.Serialize(report, DeviceReport.Json);
        return new SignedReport(id, keyVersion, body, DeviceSigning.SignReport(key, Encoding.UTF8.GetBytes(body)));
    }

    /// <summary>A healthy report at the clock's time, with a result when a deployment is named.</summary>
    public SignedReport Healthy(string? deploymentId = null, int? revision = null, AssignmentResultText result = AssignmentResultText.Success) => Sign(new
    {
        reportedAt = host.Clock.GetUtcNow(),
        lastConnected = host.Clock.GetUtcNow(),
        senseIsRunning = result == AssignmentResultText.Success,
        onboardingState = result == AssignmentResultText.Success ? 1 : 0,
        orgId = TestSite.OrgId.ToString(),
        deploymentId,
        revision,
        result = deploymentId is null ? null : result.ToString(),
    });

    /// <summary>Through the address of the last check-in, add-only as it is.</summary>
    public async Task SendAsync(params SignedReport[] messages) =>
        await reports!.SendMessageAsync(System.Text.Json.JsonSerializer.Serialize(messages, DeviceReport.Json));

    /// <summary>To the service, as where a proxy allows no other host.</summary>
    public async Task<HttpResponseMessage> PostReportsAsync(byte[] body, string mediaType = "application/json")
    {
        using var client = Client();
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        return await client.PostAsync("/api/agent/reports", content);
    }

    /// <summary>Checks in, applies what it is told, and reports success.</summary>
    public async Task<JsonObject> ObeyAsync()
    {
        var answer = await CheckInAsync();
        var instructions = answer["instructions"]!;
        await SendAsync(Healthy((string)instructions["deploymentId"]!, (int)instructions["revision"]!));
        return answer;
    }

    /// <summary>Until the service has taken in everything that was sent.</summary>
    public Task IngestedAsync() => Eventually.TrueAsync(async () =>
        (await host.Queue(Queues.DeviceReports).GetPropertiesAsync()).Value.ApproximateMessagesCount == 0);
}

public enum AssignmentResultText
{
    Success,
    Error,
}
