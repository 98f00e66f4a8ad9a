using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Atp.Core.Storage;
using Atp.Functions.Tests.Http;
using Azure;
using Azure.Data.Tables;

namespace Atp.Functions.Tests.Agent;

/// <summary>Enrollment, check-in and downloads: each device gets what is meant for it, and nothing else.</summary>
public sealed class DeliveryTests(TestStack stack) : IAsyncLifetime
{
    private AtpHost host = null!;
    private string deploymentId = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        host = await AtpHost.StartAsync(stack);
        await host.ImportAsync([TestSite.Line("up-1"), TestSite.Line("down-1", build: 9600, productType: 3), TestSite.Line("out-1", tags: "")]);
        var policy = await host.CreatePolicyAsync();
        deploymentId = await host.DeployAsync((string)policy["id"]!, await host.CreateCollectionAsync("All", new { tag = "all" }));
        await host.ActiveAsync(deploymentId);
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task A_key_is_handed_out_once_and_a_new_one_only_when_asked_for()
    {
        using var first = await EnrollAsync("up-1", new { });
        using var again = await EnrollAsync("up-1", new { });
        using var anew = await EnrollAsync("up-1", new { newKey = true });

        var key = await first.JsonAsync();
        Assert.Equal("no-store", first.Headers.CacheControl!.ToString());
        await again.ProblemAsync(HttpStatusCode.Conflict, "device.enrolled");
        var newKey = await anew.JsonAsync();
        var version = (int)key["keyVersion"]!;
        Assert.Equal((host.Clock.GetUtcNow() - new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero)).TotalSeconds, version);
        Assert.Equal(version + 1, (int)newKey["keyVersion"]!);
        Assert.NotEqual((string?)key["key"], (string?)newKey["key"]);
        var old = new TestDevice(host, "up-1", (string)key["key"]!, version);
        await (await old.GetAsync($"/api/agent/configuration/{deploymentId}")).ProblemAsync(HttpStatusCode.Unauthorized, "device.key-replaced");
        await new TestDevice(host, "up-1", (string)newKey["key"]!, version + 1).CheckInAsync();
    }

    [Fact]
    public async Task A_device_that_is_deleted_and_enrolled_again_gets_another_key_than_it_had()
    {
        var old = await host.EnrollAsync("up-1");
        await old.CheckInAsync();
        var message = old.Healthy(deploymentId, 1);
        await host.Admin.DeleteAsync("/api/devices/up-1", Stop);
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        await host.ImportAsync([TestSite.Line("up-1")]);
        var current = await host.EnrollAsync("up-1");

        using var client = old.Client();
        await (await client.PostAsJsonAsync("/api/agent/check-in", new { }, Stop)).ProblemAsync(HttpStatusCode.Unauthorized, "device.key-replaced");
        await current.CheckInAsync();
        await old.SendAsync(message);
        await old.IngestedAsync();

        Assert.NotEqual(old.Key, current.Key);
        Assert.Null((await host.GetJsonAsync("/api/devices/up-1"))["lastReport"]);
    }

    [Fact]
    public async Task A_repeated_enrollment_request_gets_the_same_key()
    {
        var id = Guid.NewGuid().ToString();

        var first = await (await EnrollAsync("up-1", new { }, id)).JsonAsync();
        var repeated = await (await EnrollAsync("up-1", new { }, id)).JsonAsync();

        Assert.Equal(first.ToJsonString(), repeated.ToJsonString());
        await (await EnrollAsync("up-1", new { newKey = true }, id)).ProblemAsync(HttpStatusCode.UnprocessableEntity, "request.repeated-with-other-body");
    }

    [Fact]
    public async Task A_device_gets_the_file_or_the_workspace_of_its_own_deployment_and_nothing_else()
    {
        var up = await host.EnrollAsync("up-1");
        var down = await host.EnrollAsync("down-1");
        var outside = await host.EnrollAsync("out-1");
        Assert.Equal("Install", (string?)(await down.CheckInAsync())["instructions"]!["monitoringAgent"]);
        Assert.Null((await outside.CheckInAsync())["instructions"]);
        var offer = (await up.CheckInAsync())["instructions"]!["configuration"]!;

        using var file = await up.GetAsync((string)offer["url"]!);
        var bytes = await file.Content.ReadAsByteArrayAsync(Stop);
        Assert.Equal((string?)offer["sha256"], Convert.ToHexStringLower(SHA256.HashData(bytes)));
        Assert.Equal("no-store", file.Headers.CacheControl!.ToString());
        Assert.Equal((long)offer["length"]!, file.Content.Headers.ContentLength);
        Assert.Equal($"sha-256=:{Convert.ToBase64String(SHA256.HashData(bytes))}:", Assert.Single(file.Headers.GetValues("Repr-Digest")));
        Assert.Equal("nosniff", Assert.Single(file.Headers.GetValues("X-Content-Type-Options")));
        using var workspace = await down.GetAsync($"/api/agent/workspace/{deploymentId}");
        Assert.Equal((TestSite.WorkspaceId, TestSite.WorkspaceKey),
            ((string?)(await workspace.JsonAsync())["workspaceId"], (string?)(await workspace.JsonAsync())["workspaceKey"]));
        Assert.Equal("no-store", workspace.Headers.CacheControl!.ToString());

        await NothingAsync(up, $"workspace/{deploymentId}");
        await NothingAsync(down, $"configuration/{deploymentId}");
        await NothingAsync(outside, $"configuration/{deploymentId}");
        await NothingAsync(outside, $"workspace/{deploymentId}");
        await NothingAsync(up, $"configuration/{Guid.NewGuid()}");
    }

    [Fact]
    public async Task Polling_and_repeated_downloads_leave_one_audit_row_a_device_and_revision()
    {
        var up = await host.EnrollAsync("up-1");
        await up.CheckInAsync();
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await up.GetAsync($"/api/agent/configuration/{deploymentId}")).StatusCode);
            await up.CheckInAsync();
            host.Clock.Advance(TimeSpan.FromHours(7)); // over midnight at some time
        }

        var delivered = await host.Table(TableNames.Audit).QueryAsync<TableEntity>(cancellationToken: Stop)
            .Where(row => row.GetString("Action") == "configuration.deliver").CountAsync(Stop);

        Assert.Equal(1, delivered);
    }

    [Fact]
    public async Task A_blocked_device_gets_nothing_until_it_is_unblocked()
    {
        var up = await host.EnrollAsync("up-1");
        await up.CheckInAsync();
        await host.Admin.PostAsync("/api/devices/up-1/block", null, Stop);

        await (await up.GetAsync($"/api/agent/configuration/{deploymentId}")).ProblemAsync(HttpStatusCode.Forbidden, "device.blocked");
        using var client = up.Client();
        await (await client.PostAsJsonAsync("/api/agent/check-in", new { }, Stop)).ProblemAsync(HttpStatusCode.Forbidden, "device.blocked");
        await (await client.GetAsync($"/api/agent/workspace/{deploymentId}", Stop)).ProblemAsync(HttpStatusCode.Forbidden, "device.blocked");

        await host.Admin.PostAsync("/api/devices/up-1/unblock", null, Stop);
        Assert.Equal(HttpStatusCode.OK, (await up.GetAsync($"/api/agent/configuration/{deploymentId}")).StatusCode);
        await up.ObeyAsync();
        await up.IngestedAsync();
        await Eventually.TrueAsync(async () => (string?)(await host.GetJsonAsync("/api/devices/up-1"))["health"] == "Healthy");
    }

    [Fact]
    public async Task A_device_that_was_never_enrolled_or_is_deleted_is_not_let_in()
    {
        var up = await host.EnrollAsync("up-1");
        await host.Admin.DeleteAsync("/api/devices/up-1", Stop);

        await (await up.GetAsync($"/api/agent/configuration/{deploymentId}")).ProblemAsync(HttpStatusCode.Unauthorized, "device.not-enrolled");
    }

    [Fact]
    public async Task A_check_in_with_a_new_operating_system_gets_what_that_one_needs_at_once()
    {
        var down = await host.EnrollAsync("down-1");
        await down.CheckInAsync();

        var instructions = (await down.CheckInAsync(new { name = "DOWN-1", build = 20348, productType = 3, tags = new[] { "all" } }))["instructions"]!;

        Assert.NotNull(instructions["configuration"]);
        Assert.Null(instructions["workspaceUrl"]);
    }

    [Fact]
    public async Task A_check_in_says_when_to_come_again_with_some_jitter()
    {
        var up = await host.EnrollAsync("up-1");
        var times = new HashSet<DateTimeOffset>();
        for (var i = 0; i < 5; i++)
        {
            times.Add((DateTimeOffset)(await up.CheckInAsync())["nextCheckIn"]!);
        }

        Assert.All(times, at => Assert.InRange(at - host.Clock.GetUtcNow(), TimeSpan.FromMinutes(54), TimeSpan.FromMinutes(66)));
        Assert.True(times.Count > 1);
    }

    [Fact]
    public async Task The_address_for_reports_lets_a_device_add_and_nothing_else()
    {
        var up = await host.EnrollAsync("up-1");
        var address = new Uri((string)(await up.CheckInAsync())["reports"]!["queueUri"]!);
        var queue = new Azure.Storage.Queues.QueueClient(address);

        await queue.SendMessageAsync("a message", Stop);

        foreach (var attempt in new Func<Task>[]
        {
            () => queue.PeekMessageAsync(Stop), () => queue.ReceiveMessageAsync(cancellationToken: Stop), () => queue.ClearMessagesAsync(Stop),
            () => new Azure.Storage.Queues.QueueClient(new Uri(address.AbsoluteUri.Replace(Queues.DeviceReports, Queues.HealthShards, StringComparison.Ordinal)))
                .SendMessageAsync("a message", Stop),
        })
        {
            Assert.Equal(403, (await Assert.ThrowsAsync<RequestFailedException>(attempt)).Status);
        }
    }

    private async Task<HttpResponseMessage> EnrollAsync(string deviceId, object body, string? requestId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/devices/{deviceId}/enroll") { Content = JsonContent.Create(body) };
        if (requestId is not null)
        {
            request.Headers.Add("Repeatability-Request-ID", requestId);
        }

        return await host.Admin.SendAsync(request, Stop);
    }

    private static async Task NothingAsync(TestDevice device, string address) =>
        await (await device.GetAsync($"/api/agent/{address}")).ProblemAsync(HttpStatusCode.NotFound, "agent.nothing-to-deliver");
}
