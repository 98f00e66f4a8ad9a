using System.Globalization;
using Atp.Core.Health;
using Atp.Core.Storage;
using Atp.Functions.Tests.Devices;

namespace Atp.Functions.Tests.Deployments;

/// <summary>Offboarding files are valid for a time that they say themselves.</summary>
public sealed class OffboardingTests(TestStack stack)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_with_a_week_left_is_warned_about_on_the_policy_and_on_its_deployments()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        await host.ImportAsync([TestSite.Line("device-1")]);
        var expires = host.Clock.GetUtcNow().AddDays(30);
        var policy = await host.CreateOffboardingPolicyAsync(expires).IdAsync();
        var deployment = await host.DeployAllTheSameAsync(policy, await host.CreateCollectionAsync("All", new { tag = "all" }));
        var date = expires.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

        async Task MustSayAsync(TimeSpan left, string? warning)
        {
            host.Clock.Advance(expires - left - host.Clock.GetUtcNow());
            foreach (var address in new[] { $"/api/policies/{policy}", $"/api/deployments/{deployment}" })
            {
                var warnings = (await host.GetJsonAsync(address))["warnings"]!.AsArray().Select(w => (string)w!).ToList();
                Assert.Equal(warning is null ? 0 : 1, warnings.Count);
                Assert.All(warnings, text =>
                {
                    Assert.Contains(warning!, text, StringComparison.Ordinal);
                    Assert.Contains(date, text, StringComparison.Ordinal);
                });
            }
        }

        await MustSayAsync(TimeSpan.FromDays(20), null);
        await MustSayAsync(TimeSpan.FromDays(8), null);
        await MustSayAsync(TimeSpan.FromDays(7), "7 days left");
        await MustSayAsync(TimeSpan.FromDays(1.5), "1 day left");
        await MustSayAsync(TimeSpan.FromHours(1), "less than a day left");
        await MustSayAsync(TimeSpan.Zero, "expired");
        Assert.Single((await host.ListAsync("/api/policies")).Single()["warnings"]!.AsArray());
    }

    [Fact]
    public async Task A_running_deployment_that_outlives_its_file_is_ended_with_the_reason()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        await host.ImportAsync([TestSite.Line("device-1")]);
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });
        var expires = host.Clock.GetUtcNow().AddDays(3);
        var deployment = await host.DeployAllTheSameAsync(await host.CreateOffboardingPolicyAsync(expires).IdAsync(), collection);
        var onboarding = await host.DeployAllTheSameAsync(await host.CreatePolicyAsync().IdAsync(), collection);
        var device = await host.EnrollAsync("device-1");
        Assert.Equal("Offboard", (string)(await device.CheckInAsync())["instructions"]!["action"]!);

        host.Clock.Advance(expires - TimeSpan.FromSeconds(1) - host.Clock.GetUtcNow());
        await host.Get<ReconcileService>().RunAsync(Stop);
        Assert.Equal("Active", (string)(await host.GetJsonAsync($"/api/deployments/{deployment}"))["state"]!);
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        await host.Get<ReconcileService>().RunAsync(Stop);

        var ended = await host.GetJsonAsync($"/api/deployments/{deployment}");
        Assert.Equal(("Ended", host.Clock.GetUtcNow(), "Atp.Functions"),
            ((string)ended["state"]!, (DateTimeOffset)ended["endedAt"]!, (string)ended["endedBy"]!));
        Assert.Contains(expires.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), (string)ended["endReason"]!, StringComparison.Ordinal);
        Assert.Empty(ended["warnings"]!.AsArray());
        Assert.Equal("service", Assert.Single(await host.AuditedAsync("deployment.end")).GetString("Caller"));
        Assert.Equal("Active", (string)(await host.GetJsonAsync($"/api/deployments/{onboarding}"))["state"]!);
        Assert.Equal(onboarding, (string)(await device.CheckInAsync())["instructions"]!["deploymentId"]!);
    }

    [Fact]
    public async Task A_policy_that_was_given_a_new_file_keeps_its_deployment()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        var expires = host.Clock.GetUtcNow().AddDays(3);
        var policy = await host.CreateOffboardingPolicyAsync(expires).IdAsync();
        var deployment = await host.DeployAllTheSameAsync(policy, await host.CreateCollectionAsync("All", new { tag = "all" }));
        host.Clock.Advance(TimeSpan.FromDays(4));

        // After it has read the site (three requests), and before it reads the deployment.
        await host.Tap.InBetweenAsync(3, async () =>
        {
            var file = stack.Authority.CreateOffboarding(TestSite.OrgId, expires.AddDays(30));
            await (await host.ChangeAsync(HttpMethod.Patch, $"/api/policies/{policy}", 1,
                new { configurationFile = new { name = file.FileName, content = file.Content } })).JsonAsync();
        }, () => host.Get<ReconcileService>().RunAsync(Stop));

        Assert.Equal("Active", (string)(await host.GetJsonAsync($"/api/deployments/{deployment}"))["state"]!);
        Assert.Empty(await host.AuditedAsync("deployment.end"));
    }

    [Fact]
    public async Task Killed_half_way_and_run_again_it_ends_once_and_is_audited_once()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        var policy = await host.CreateOffboardingPolicyAsync(host.Clock.GetUtcNow().AddDays(3)).IdAsync();
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });
        var deployments = new[] { await host.DeployAllTheSameAsync(policy, collection), await host.DeployAllTheSameAsync(policy, collection) };
        host.Clock.Advance(TimeSpan.FromDays(4));
        var reconcile = host.Get<ReconcileService>();

        var kills = 0;
        for (; await host.Tap.CrashAfterAsync(kills, () => reconcile.RunAsync(Stop)); kills++)
        {
            host.Clock.Advance(TimeSpan.FromMinutes(10));
        }

        var rows = await host.RowsAsync(TableNames.Deployments, TableNames.Audit);
        await reconcile.RunAsync(Stop);
        host.Clock.Advance(TimeSpan.FromDays(2));
        await reconcile.RunAsync(Stop);

        Assert.True(kills > 8, $"It was killed {kills} times.");
        Assert.Equal(rows, await host.RowsAsync(TableNames.Deployments, TableNames.Audit));
        Assert.Equal(deployments.Order(StringComparer.Ordinal), (await host.AuditedAsync("deployment.end")).Select(a => a.GetString("Subject")).Order(StringComparer.Ordinal));
        foreach (var id in deployments)
        {
            Assert.Equal(2, (int)(await host.GetJsonAsync($"/api/deployments/{id}"))["revision"]!);
        }
    }
}
