using Atp.Cli.Client;
using Atp.Cli.Simulation;
using Atp.Core.Agent;
using Atp.Core.Storage;
using Atp.Functions.Tests.Devices;

namespace Atp.Functions.Tests.Cli;

/// <summary>The simulated fleet reports as real ones do, by either way.</summary>
public sealed class SimulatedReportsTests(TestStack stack)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_figures_are_the_same_whether_a_fleet_reports_into_the_queue_or_over_HTTP()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(2));
        var policy = await host.CreatePolicyAsync();
        using var counting = new CountedCalls();
        using var http = new HttpClient(counting);
        var admin = new AtpClient(http, host.BaseAddress, TokenSource.Given(host.Admin.DefaultRequestHeaders.Authorization!.Parameter!, http, host.Clock));
        var collections = new List<string>();
        foreach (var overHttp in new[] { false, true })
        {
            var fleet = new SimulatedFleet(overHttp ? "posting" : "queueing", 3, 80, int.MaxValue);
            await admin.ImportDevicesAsync(fleet.Rows(), Stop);
            var collection = await host.CreateCollectionAsync(fleet.FleetTag, new { tag = fleet.FleetTag });
            await host.ActiveAsync(await host.DeployAsync((string)policy["id"]!, collection));
            var run = new FleetRun(FleetRun.By(admin), new DeviceAgent(new AgentClient(http, host.BaseAddress, host.Clock), host.Clock, overHttp), null);
            await run.RunAsync(fleet.Devices(), fleet.Count, (_, _) => null, (_, _) => { }, Stop);
            Assert.Empty(run.Faults);
            Assert.Equal(overHttp, counting.Seen.GetValueOrDefault("/api/agent/reports") > 40);
            collections.Add(collection);
        }

        await host.EmptyAsync(Queues.DeviceReports);
        await host.RollUpAsync();

        var scopes = (await host.GetJsonAsync("/api/health/summary"))["scopes"]!.AsArray();
        var figures = collections.ConvertAll(id =>
        {
            var scope = scopes.Single(s => (string)s!["scope"]! == $"collection!{id}")!.DeepClone().AsObject();
            scope.Remove("scope");
            scope.Remove("name");
            return scope.ToJsonString();
        });
        Assert.Equal(figures[0], figures[1]);
        Assert.Contains("\"healthy\":", figures[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_whose_address_has_expired_checks_in_again_for_a_new_one()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1, "IngestReports"));
        var policy = await host.CreatePolicyAsync();
        var fleet = new SimulatedFleet("late", 1, 40, int.MaxValue);
        var simulated = fleet.Devices().First(d => d is
        {
            Behaviour: Behaviour.Healthy, Membership: Membership.Fleet, Windows: { Delivery: Delivery.File, UpdatesTo: null }, SendsTwice: false,
        });
        await host.ImportAsync([TestSite.Line(simulated.Id)]);
        await host.ActiveAsync(await host.DeployAsync((string)policy["id"]!, await host.CreateCollectionAsync("All", new { tag = "all" })));
        var enrolled = await host.EnrollAsync(simulated.Id);
        using var counting = new CountedCalls();
        using var http = new HttpClient(counting);
        var agent = new DeviceAgent(new AgentClient(http, host.BaseAddress, host.Clock), host.Clock);
        var visit = await agent.VisitAsync(simulated, new DeviceKey(simulated.Id, enrolled.Key, enrolled.KeyVersion), Stop);

        host.Clock.Advance(visit.Answer.Reports.ExpiresAt - host.Clock.GetUtcNow() - TimeSpan.FromSeconds(1));
        await agent.ReportAsync(visit, Stop);
        Assert.Equal(1, counting.Seen["/api/agent/check-in"]);
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        await agent.ReportAsync(visit, Stop);

        Assert.Equal(2, counting.Seen["/api/agent/check-in"]);
        Assert.Equal(2, (await host.TakeAllAsync(Queues.DeviceReports)).Count);
    }

    /// <summary>How often each address was called.</summary>
    private sealed class CountedCalls() : DelegatingHandler(new HttpClientHandler())
    {
        public System.Collections.Concurrent.ConcurrentDictionary<string, int> Seen { get; } = new();

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Seen.AddOrUpdate(request.RequestUri!.AbsolutePath, 1, (_, count) => count + 1);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
