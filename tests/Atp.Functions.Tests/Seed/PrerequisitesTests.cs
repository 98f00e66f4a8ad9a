using System.Net;
using System.Net.Http.Json;

namespace Atp.Functions.Tests.Seed;

/// <summary>Section "Prerequisites": a subscription, computers that run the client, and systems that are supported.</summary>
public sealed class PrerequisitesTests(TestStack stack)
{
    [Fact]
    public async Task What_must_be_there_is_shown_and_a_computer_without_the_client_gets_nothing()
    {
        await using var host = await AtpHost.StartAsync(stack, SeedSteps.Version("2002"));
        var policy = await host.CreatePolicyAsync();
        var deploymentId = await host.DeployToAsync(policy, Windows.TenNewest, Windows.Seven);
        var supported = (await host.GetJsonAsync("/api/site"))["configurationManager"]!["supports"]!.AsArray().Select(line => (string)line!).ToList();
        Assert.Contains(supported, line => line.Contains("Windows 8.1", StringComparison.Ordinal));
        Assert.DoesNotContain(supported, line => line.Contains("Windows 7", StringComparison.Ordinal));

        using var stranger = host.Anonymous();
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.PostAsJsonAsync("/api/agent/check-in", new { })).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync($"/api/agent/configuration/{deploymentId}")).StatusCode);

        var client = await host.EnrollAsync(Windows.TenNewest.DeviceId);
        await client.ObeyAsync();
        await client.IngestedAsync();
        await host.RollUpAsync();
        var organisation = Assert.Single((await host.GetJsonAsync("/api/site"))["organisations"]!.AsArray())!;
        Assert.Equal(((string?)policy["configurationFile"]!["orgId"], 1), ((string?)organisation["orgId"], (int)organisation["devices"]!));
    }
}
