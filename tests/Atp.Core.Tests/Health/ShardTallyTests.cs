using Atp.Core.Deployments;
using Atp.Core.Devices;
using Atp.Core.Health;
using Atp.Core.Policies;

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
