using Atp.Cli.Simulation;
using Xunit;

namespace Atp.Functions.Tests.Cli;

public sealed class SimulatedFleetTests
{
    private static readonly SimulatedFleet Fleet = new("fleet", 1, 2_000, int.MaxValue);

    [Fact]
    public void A_device_is_the_same_whenever_it_is_asked_for()
    {
        Assert.Equal(Fleet.At(17).ToString(), new SimulatedFleet("fleet", 1, 20, int.MaxValue).At(17).ToString());
        Assert.NotEqual(
            Fleet.Devices().Select(d => (d.Windows, d.Behaviour)),
            new SimulatedFleet("fleet", 2, 2_000, int.MaxValue).Devices().Select(d => (d.Windows, d.Behaviour)));
    }

    [Fact]
    public void Every_version_behaviour_and_membership_comes_up()
    {
        var devices = Fleet.Devices().ToList();

        Assert.Equal(WindowsVersions.All.Count, devices.Select(d => d.Windows).Distinct().Count());
        Assert.Equal(Enum.GetValues<Behaviour>().Length, devices.Select(d => d.Behaviour).Distinct().Count());
        Assert.Equal(Enum.GetValues<Membership>().Length, devices.Select(d => d.Membership).Distinct().Count());
        Assert.Equal(devices.Count, devices.Select(d => d.Id).Distinct().Count());
        Assert.Equal(100, WindowsVersions.All.Sum(version => version.Share));
    }

    [Fact]
    public void Behaviours_come_about_as_often_as_they_should()
    {
        var healthy = Fleet.Devices().Count(d => d.Behaviour == Behaviour.Healthy);

        Assert.InRange(healthy, 2_000 * 0.69, 2_000 * 0.77);
    }

    [Fact]
    public void Devices_beyond_the_check_ins_never_check_in() => Assert.All(
        new SimulatedFleet("fleet", 1, 100, 40).Devices().Skip(40), device => Assert.Equal(Behaviour.NeverChecksIn, device.Behaviour));

    [Fact]
    public void The_expectation_counts_every_device_once()
    {
        var tally = new FleetTally();
        foreach (var device in Fleet.Devices())
        {
            tally.Add(device, Deed.ReportedHealthy);
        }

        Assert.Equal(2_000, tally.Devices);
        Assert.Equal(tally.Targeted, tally.Deployment.Values.Sum());
        Assert.Equal(Fleet.Devices().Count(d => d.Membership != Membership.Outside), tally.Targeted);
        Assert.Equal(tally.Deployment["Success"], tally.Health["healthy"]);
        Assert.Equal(tally.OffboardingDeployment.Values.Sum(), tally.Deployment["Superseded"]);
    }
}
