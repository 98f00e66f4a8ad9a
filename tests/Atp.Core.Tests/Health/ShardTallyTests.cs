using Atp.Core.Deployments;
using Atp.Core.Devices;
using Atp.Core.Health;
using Atp.Core.Policies;
using Atp.Core.Storage;

namespace Atp.Core.Tests.Health;

public sealed class ShardTallyTests
{
    [Fact]
    public void Every_device_and_every_target_is_counted_exactly_once_in_each_scope_of_its_own()
    {
        var site = Facts.Site(
            [Facts.Policy("on", order: 2), Facts.Policy("off", order: 1, PolicyKind.Offboarding, expiresAt: Facts.Now.AddDays(3))],
            [Facts.Deployment("d-on", "on"), Facts.Deployment("d-off", "off", 0, "leaving")],
            [Facts.Collection("all"), Facts.Collection("leaving"), Facts.Collection("quiet")]);
        var tally = new ShardTally(site, "00");
        Device[] devices =
        [
            Facts.Device(null, "all") with { Health = new AgentHealth(Facts.Now, Facts.Now, true, 1, null) },
            Facts.Device(null, "all", "leaving"), Facts.Device(Facts.Server2016, "all", "quiet"), Facts.Device(Facts.Windows7, "all"), Facts.Device(),
        ];
        foreach (var device in devices)
        {
            tally.Count(device, DeviceDecision.For(device, new Dictionary<string, Assignment>(), site, Facts.Now));
        }

        Assert.Equal(new HealthFigures(5, 4, Healthy: 1, AgentState: 0, Inactive: 0, NotOnboarded: 0, NeverReached: 1, Offboarding: 1), tally.Scopes["site"]);
        Assert.Equal(new HealthFigures(1, 1, 0, 0, 0, 0, 0, 1), tally.Scopes["collection!leaving"]);
        Assert.False(tally.Scopes.ContainsKey("collection!quiet")); // no live deployment
        Assert.Equal(3, tally.Scopes["platform!UpLevel"].Devices);
        Assert.Equal(3, tally.Scopes["os!Windows 10 22H2"].Devices);
        Assert.Equal(tally.Scopes["site"], Sum(tally, "platform!"));
        Assert.Equal(tally.Scopes["site"], Sum(tally, "os!"));
        Assert.Equal(new StatusCounts(0, 0, RequirementsNotMet: 1, 0, Unknown: 2, Superseded: 1), tally.Deployments["d-on"]);
        Assert.Equal(new StatusCounts(0, 0, 0, 0, Unknown: 1, 0), tally.Deployments["d-off"]);
        Assert.Equal((4, 1, 1), (tally.Members[("all", "00")], tally.Members[("leaving", "00")], tally.Members[("quiet", "00")]));
    }

    [Fact]
    public void A_deployment_has_the_devices_that_it_targets_with_the_health_of_those_that_it_holds()
    {
        var site = Facts.Site(
            [Facts.Policy("first", order: 1), Facts.Policy("second", order: 2)],
            [Facts.Deployment("d-1", "first", 0, "some"), Facts.Deployment("d-2", "second"), Facts.Deployment("d-3", "second", 0, "nobody")],
            [Facts.Collection("all"), Facts.Collection("some"), Facts.Collection("nobody")]);
        var tally = new ShardTally(site, "00");
        foreach (var device in new[] { Facts.Device(null, "all", "some"), Facts.Device(null, "all") })
        {
            tally.Count(device, DeviceDecision.For(device, new Dictionary<string, Assignment>(), site, Facts.Now));
        }

        Assert.Equal(new HealthFigures(1, 1, 0, 0, 0, 0, NeverReached: 1, 0), tally.Scopes["deployment!d-1"]);
        Assert.Equal(new HealthFigures(2, 2, 0, 0, 0, 0, NeverReached: 1, 0), tally.Scopes["deployment!d-2"]);
        Assert.Equal(HealthFigures.None, tally.Scopes["deployment!d-3"]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_first_hundred_organisations_have_figures_of_their_own_in_whichever_order_and_shards_they_came(int seed)
    {
        var site = Facts.Site();
        var random = new Random(seed);
        // Organisation n has n + 1 devices, anywhere.
        var reported = Enumerable.Range(0, 130).SelectMany(n => Enumerable.Repeat($"ORG-{n:D3}", n + 1)).ToArray();
        random.Shuffle(reported);
        var shards = reported.GroupBy(_ => random.Next(4)).Select(shard =>
        {
            var tally = new ShardTally(site, "00");
            foreach (var organisation in shard)
            {
                var device = Facts.Device() with { Health = new AgentHealth(Facts.Now, null, true, 1, organisation) };
                tally.Count(device, DeviceDecision.For(device, new Dictionary<string, Assignment>(), site, Facts.Now));
            }

            return tally;
        });
        var sum = ShardTally.Empty;
        foreach (var chunk in shards.SelectMany(s => s.ToChunks()))
        {
            sum.AddChunk(chunk);
        }

        var organisations = sum.Scopes.Where(s => s.Key.StartsWith("organisation!", StringComparison.Ordinal)).ToDictionary(s => s.Key, s => s.Value.Devices);
        var expected = Enumerable.Range(0, ShardTally.MaxOrganisationScopes).ToDictionary(n => $"organisation!org-{n:D3}", n => n + 1);
        expected["organisation!other"] = Enumerable.Range(100, 30).Sum(n => n + 1);
        Assert.Equal(expected.OrderBy(e => e.Key, StringComparer.Ordinal), organisations.OrderBy(o => o.Key, StringComparer.Ordinal));
    }

    [Fact]
    public void As_many_scopes_as_there_can_be_with_the_figures_of_a_million_devices_fit_their_columns_and_one_transaction()
    {
        var collections = Enumerable.Range(0, 600).Select(_ => $"{Guid.CreateVersion7()}").ToList();
        var site = Facts.Site(
            [Facts.Policy("p")], collections.Select(id => Facts.Deployment($"{Guid.CreateVersion7()}", "p", 0, id)), collections.Select(id => Facts.Collection(id)));
        var tally = new ShardTally(site, "00");
        var many = new HealthFigures(1_000_000, 1_000_000, 999_999, 999_999, 999_999, 999_999, 999_999, 999_999, 999_999);
        foreach (var scope in tally.Scopes.Keys.Concat(Enumerable.Range(0, 100).Select(i => $"organisation!{i}{new string('x', 60)}")).ToList())
        {
            tally.AddChunk(System.Text.Json.JsonSerializer.Serialize(new[] { new { key = scope, health = many } }, MessageSender.Json));
        }

        var chunks = tally.ToChunks();

        Assert.Equal(1 + ShardTally.MaxCollectionScopes + ShardTally.MaxDeploymentScopes + ShardTally.MaxOrganisationScopes, tally.Scopes.Count);
        Assert.InRange(chunks.Max(c => c.Length), 1, 32 * 1024);
        Assert.InRange(chunks.Count, 1, TableBatch.MaxActions);
        var read = ShardTally.Empty;
        chunks.ToList().ForEach(read.AddChunk);
        Assert.Equal(tally.Scopes.OrderBy(s => s.Key, StringComparer.Ordinal), read.Scopes.OrderBy(s => s.Key, StringComparer.Ordinal));
        Assert.Equal(600, read.Deployments.Count);
    }

    [Fact]
    public void Chunks_of_many_shards_add_up_to_the_whole_and_each_fits_a_column()
    {
        var site = Facts.Site(
            [Facts.Policy("p")],
            Enumerable.Range(0, 1_000).Select(i => Facts.Deployment($"{Guid.CreateVersion7()}", "p", 0, $"{Guid.CreateVersion7()}", "all")),
            [Facts.Collection("all"), .. Enumerable.Range(0, 600).Select(_ => Facts.Collection($"{Guid.CreateVersion7()}"))]);
        var device = Facts.Device(null, "all");
        var tally = new ShardTally(site, "00");
        tally.Count(device, DeviceDecision.For(device, new Dictionary<string, Assignment>(), site, Facts.Now));

        var sum = ShardTally.Empty;
        foreach (var chunk in tally.ToChunks().Concat(tally.ToChunks()))
        {
            Assert.InRange(chunk.Length, 1, 32 * 1024);
            sum.AddChunk(chunk);
        }

        Assert.Equal(2, sum.Scopes["site"].Devices);
        Assert.Equal(1_000, sum.Deployments.Count);
        Assert.Equal(2, sum.Deployments.Values.Sum(d => d.Unknown));
        Assert.Equal(1_998, sum.Deployments.Values.Sum(d => d.Superseded));
        Assert.Equal(1, sum.Members[("all", "00")]); // a shard is counted once, whatever comes twice
    }

    [Theory]
    [InlineData(6, 2, 1, 3, 9, 12)]
    [InlineData(0, 0, 0, 0, 0, 0)]
    public void Onboarding_status_is_of_the_devices_that_were_reached(
        int healthy, int agentState, int inactive, int notOnboarded, int onboarded, int eligible)
    {
        var figures = new HealthFigures(100, 100, healthy, agentState, inactive, notOnboarded, NeverReached: 50, Offboarding: 5);

        Assert.Equal((onboarded, eligible), (figures.Onboarded, figures.Eligible));
    }

    private static HealthFigures Sum(ShardTally tally, string scopes) =>
        tally.Scopes.Where(s => s.Key.StartsWith(scopes, StringComparison.Ordinal)).Select(s => s.Value).Aggregate(HealthFigures.None, HealthFigures.Add);
}
