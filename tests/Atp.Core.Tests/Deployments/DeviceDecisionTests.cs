using Atp.Core.Deployments;
using Atp.Core.Devices;
using Atp.Core.Policies;

namespace Atp.Core.Tests.Deployments;

public sealed class DeviceDecisionTests
{
    [Theory]
    // fetched, reported revision, result, current revision → status
    [InlineData(null, null, null, 1, AssignmentStatus.Unknown)]
    [InlineData(1, null, null, 1, AssignmentStatus.InProgress)]
    [InlineData(1, 1, AssignmentResult.Success, 1, AssignmentStatus.Success)]
    [InlineData(1, 1, AssignmentResult.Error, 1, AssignmentStatus.Error)]
    [InlineData(1, 1, AssignmentResult.Success, 2, AssignmentStatus.InProgress)] // a report for an older revision counts as not done
    [InlineData(2, 1, AssignmentResult.Success, 2, AssignmentStatus.InProgress)]
    [InlineData(null, 1, AssignmentResult.Error, 2, AssignmentStatus.InProgress)]
    [InlineData(null, 2, AssignmentResult.Success, 2, AssignmentStatus.Success)] // the report may overtake the record of the fetch
    public void The_status_of_an_assignment_follows_from_what_was_fetched_and_reported(
        int? fetched, int? reported, AssignmentResult? result, int current, AssignmentStatus expected)
    {
        var assignment = new Assignment { DeploymentId = "d", FetchedRevision = fetched, ReportedRevision = reported, Result = result };

        var decision = Decide(Facts.Device(null, "all"), assignment, Facts.Policy("p", revision: current));

        Assert.Equal(expected, decision.Winner!.Status);
    }

    [Fact]
    public void A_device_without_an_assignment_row_is_a_target_all_the_same() =>
        Assert.Equal(AssignmentStatus.Unknown, Decide(Facts.Device(null, "all"), null, Facts.Policy("p")).Winner!.Status);

    [Fact]
    public void An_assignment_row_of_a_collection_that_was_left_means_nothing()
    {
        var assignment = new Assignment { DeploymentId = "d", FetchedRevision = 1, ReportedRevision = 1, Result = AssignmentResult.Success };

        var decision = Decide(Facts.Device(null, "another"), assignment, Facts.Policy("p"));

        Assert.Null(decision.Winner);
        Assert.Null(decision.Health);
    }

    [Fact]
    public void An_unsupported_system_does_not_meet_the_requirements_whatever_it_reported()
    {
        var assignment = new Assignment { DeploymentId = "d", FetchedRevision = 1, ReportedRevision = 1, Result = AssignmentResult.Success };

        var decision = Decide(Facts.Device(Facts.Windows7, "all"), assignment, Facts.Policy("p"));

        Assert.Equal(AssignmentStatus.RequirementsNotMet, decision.Winner!.Status);
        Assert.Null(decision.Health);
    }

    [Fact]
    public void A_policy_without_workspace_fails_on_a_down_level_device_and_is_not_skipped()
    {
        var decision = Decide(Facts.Device(Facts.Server2016, "all"), null, Facts.Policy("p", workspace: false));

        Assert.Equal(AssignmentStatus.Error, decision.Winner!.Status);
        Assert.Null(decision.Health);
    }

    [Fact]
    public void When_the_offboarding_file_has_expired_those_that_are_done_stay_done_and_the_others_fail()
    {
        var expired = Facts.Policy("p", kind: PolicyKind.Offboarding, expiresAt: Facts.Now);
        var done = new Assignment { DeploymentId = "d", FetchedRevision = 1, ReportedRevision = 1, Result = AssignmentResult.Success };

        Assert.Equal(AssignmentStatus.Success, Decide(Facts.Device(null, "all"), done, expired).Winner!.Status);
        Assert.Equal(AssignmentStatus.Error, Decide(Facts.Device(null, "all"), null, expired).Winner!.Status);
    }

    [Fact]
    public void The_lowest_order_wins_and_then_the_newest_deployment()
    {
        var site = Facts.Site(
            [Facts.Policy("second", order: 2), Facts.Policy("first", order: 1)],
            [
                Facts.Deployment("newest", "second", minute: 9), Facts.Deployment("older", "first", minute: 1),
                Facts.Deployment("newer", "first", minute: 2), Facts.Deployment("elsewhere", "first", minute: 10, "another"),
            ]);

        var decision = DeviceDecision.For(Facts.Device(null, "all"), new Dictionary<string, Assignment>(), site, Facts.Now);

        Assert.Equal(["newer", "older", "newest"], decision.Targets.Select(t => t.Deployment.Id));
        Assert.Equal([AssignmentStatus.Unknown, AssignmentStatus.Superseded, AssignmentStatus.Superseded], decision.Targets.Select(t => t.Status));
    }

    [Fact]
    public void A_device_in_two_collections_of_one_deployment_is_its_target_once()
    {
        var site = Facts.Site([Facts.Policy("p")], [Facts.Deployment("d", "p", 0, "all", "another")]);

        Assert.Single(DeviceDecision.For(Facts.Device(null, "all", "another"), new Dictionary<string, Assignment>(), site, Facts.Now).Targets);
    }

    [Fact]
    public void An_offboarding_policy_with_the_better_order_takes_the_device_out_of_the_onboarding_figures()
    {
        var site = Facts.Site(
            [Facts.Policy("on", order: 2), Facts.Policy("off", order: 1, PolicyKind.Offboarding, expiresAt: Facts.Now.AddDays(3))],
            [Facts.Deployment("d-on", "on"), Facts.Deployment("d-off", "off")]);

        var decision = DeviceDecision.For(Facts.Device(null, "all"), new Dictionary<string, Assignment>(), site, Facts.Now);

        Assert.True(decision.IsOffboarding);
        Assert.Null(decision.Health);
        Assert.Equal(["d-off", "d-on"], decision.Targets.Select(t => t.Deployment.Id));
    }

    [Theory]
    // fetched, reported?, onboarding state, service running, hours since last connected → health; the first that holds
    [InlineData(false, false, 0, false, null, HealthState.NeverReached)]
    [InlineData(true, false, 0, false, null, HealthState.NotOnboarded)]
    [InlineData(false, true, 0, true, 1.0, HealthState.NotOnboarded)]
    [InlineData(true, true, 0, true, 1.0, HealthState.NotOnboarded)]
    [InlineData(true, true, 1, false, 1.0, HealthState.AgentState)]
    [InlineData(true, true, 1, false, 400.0, HealthState.AgentState)] // the service comes before the connection
    [InlineData(true, true, 1, true, null, HealthState.Inactive)]
    [InlineData(true, true, 1, true, 168.1, HealthState.Inactive)]
    [InlineData(true, true, 1, true, 168.0, HealthState.Healthy)] // seven days to the moment are not longer than seven days
    [InlineData(true, true, 1, true, 0.0, HealthState.Healthy)]
    [InlineData(false, true, 1, true, 0.0, HealthState.Healthy)]
    public void Health_is_the_first_state_that_holds(
        bool fetched, bool reported, int onboardingState, bool running, double? hours, HealthState expected)
    {
        var device = Facts.Device(null, "all") with
        {
            Health = reported ? new AgentHealth(Facts.Now, hours is null ? null : Facts.Now.AddHours(-hours.Value), running, onboardingState, null) : null,
        };
        var assignment = fetched ? new Assignment { DeploymentId = "d", FetchedRevision = 1 } : null;

        Assert.Equal(expected, Decide(device, assignment, Facts.Policy("p")).Health);
    }

    private static DeviceDecision Decide(Device device, Assignment? assignment, Policy policy) => DeviceDecision.For(
        device, assignment is null ? new Dictionary<string, Assignment>() : new() { ["d"] = assignment },
        Facts.Site([policy], [Facts.Deployment("d", policy.Id)]), Facts.Now);
}
