using System.Net;
using System.Net.Http.Json;
using Atp.Functions.Tests.Audit;

namespace Atp.Functions.Tests.Agent;

/// <summary>The first delivery of a revision to a device is an entry of the audit; what it takes again is counted, exactly.</summary>
public sealed class RedeliveryTests(TestStack stack) : IAsyncLifetime
{
    private AtpHost host = null!;
    private string policyId = null!;
    private string deploymentId = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        host = await AtpHost.StartAsync(stack, new AtpHostOptions { Settings = { ["Atp:Site:SnapshotSeconds"] = "0" } });
        await host.ImportAsync([TestSite.Line("up-1"), TestSite.Line("down-1", build: 9600, productType: 3)]);
        policyId = (string)(await host.CreatePolicyAsync())["id"]!;
        deploymentId = await host.DeployAsync(policyId, await host.CreateCollectionAsync("All", new { tag = "all" }));
        await host.ActiveAsync(deploymentId);
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Theory]
    [InlineData("up-1", "configuration")]
    [InlineData("down-1", "workspace")]
    public async Task Repeated_downloads_count_with_the_assignment_exactly_also_when_they_come_at_once(string deviceId, string what)
    {
        var device = await host.EnrollAsync(deviceId);
        await device.CheckInAsync();

        await DownloadAsync(device, what);
        Assert.Equal((0, null), await CountAsync(deviceId));
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => DownloadAsync(device, what)));

        Assert.Equal((6, (DateTimeOffset?)host.Clock.GetUtcNow()), await CountAsync(deviceId));
        Assert.Single(await host.ListAsync($"subject={deviceId}&action={what}.deliver"));
        var (_, shown, _) = await host.AtpAsync("device", "show", deviceId);
        Assert.Contains("downloaded Onboard again, 6 times more in all", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_revision_is_on_record_once_and_what_is_taken_again_is_counted_on()
    {
        var device = await host.EnrollAsync("up-1");
        await device.CheckInAsync();
        await DownloadAsync(device, "configuration");
        await DownloadAsync(device, "configuration");
        using var edit = new HttpRequestMessage(HttpMethod.Patch, $"/api/policies/{policyId}") { Content = JsonContent.Create(new { description = "New" }) };
        edit.Headers.IfMatch.Add(new("\"1\""));
        Assert.Equal(HttpStatusCode.OK, (await host.Admin.SendAsync(edit, Stop)).StatusCode);
        await device.CheckInAsync();

        await DownloadAsync(device, "configuration");
        await DownloadAsync(device, "configuration");
        await device.CheckInAsync(); // owns other columns

        Assert.Equal(2, (await CountAsync("up-1")).Count);
        Assert.Equal([$"policy {policyId} revision 2", $"policy {policyId} revision 1"],
            (await host.ListAsync("subject=up-1&action=configuration.deliver")).Select(e => (string)e["detail"]!));
    }

    [Fact]
    public async Task What_is_fetched_on_one_day_and_downloaded_on_another_says_when()
    {
        var device = await host.EnrollAsync("up-1");
        await device.CheckInAsync();
        host.Clock.Advance(TimeSpan.FromDays(2));

        await DownloadAsync(device, "configuration");
        await DownloadAsync(device, "configuration");

        var delivered = Assert.Single(await host.ListAsync("subject=up-1&action=configuration.deliver"));
        Assert.EndsWith($", taken on {host.Clock.GetUtcNow():u}", (string?)delivered["detail"], StringComparison.Ordinal);
        Assert.Equal(("device:up-1", "127.0.0.1"), ((string?)delivered["callerId"], (string?)delivered["address"]));
        Assert.Equal(1, (await CountAsync("up-1")).Count);
    }

    private async Task DownloadAsync(TestDevice device, string what) =>
        Assert.Equal(HttpStatusCode.OK, (await device.GetAsync($"/api/agent/{what}/{deploymentId}")).StatusCode);

    private async Task<(int Count, DateTimeOffset? At)> CountAsync(string deviceId)
    {
        var target = (await host.GetJsonAsync($"/api/devices/{deviceId}"))["targets"]![0]!;
        return ((int)target["redeliveries"]!, (DateTimeOffset?)target["redeliveredAt"]);
    }
}
