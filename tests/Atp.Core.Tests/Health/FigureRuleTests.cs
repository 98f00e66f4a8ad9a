using Atp.Core.Deployments;
using Atp.Core.Devices;
using Atp.Core.Health;
using Atp.Core.Site;

namespace Atp.Core.Tests.Health;

/// <summary>One rule decides which figures a device is in: for the roll-up and for the list behind a figure.</summary>
public sealed class FigureRuleTests
{
    [Theory]
    [InlineData(HealthState.Healthy, "Targeted Healthy Onboarded Eligible")] // working properly
    [InlineData(HealthState.Inactive, "Targeted Inactive Onboarded Eligible")] // no data sent to service during time period
    [InlineData(HealthState.AgentState, "Targeted AgentState Onboarded Eligible")] // the system service isn't running
    [InlineData(HealthState.NotOnboarded, "Targeted NotOnboarded Eligible")] // policy applied, agent hasn't reported policy onboard
    [InlineData(HealthState.NeverReached, "Targeted NeverReached")]
    [InlineData(null, "Targeted")]
    public void A_health_state_is_in_its_own_figure_and_in_the_sums_of_onboarding_status(HealthState? health, string expected) =>
        Assert.Equal(expected, FiguresOf(Decision(health)));

    [Fact]
    public void An_offboarding_device_is_a_figure_of_its_own() =>
        Assert.Equal("Targeted Offboarding", FiguresOf(Decision(null) with { IsOffboarding = true }));

    [Fact]
    public void A_device_that_shares_other_file_samples_keeps_its_health_and_is_counted_as_drifted() =>
        Assert.Equal("Targeted Healthy FileSamplesDrifted Onboarded Eligible", FiguresOf(Decision(HealthState.Healthy) with { FileSamplesDrifted = true }));

    [Fact]
    public void A_device_that_nothing_targets_is_in_no_figure_but_that() =>
        Assert.Equal("NotTargeted", FiguresOf(new DeviceDecision(new OperatingSystemClass("Windows 10 22H2", Platform.UpLevel), [], null, false)));

    [Theory]
    [InlineData(0, 0, 2, "")] // not enrolled
    [InlineData(7, 2, 2, "")]
    [InlineData(7, 1, 2, "OnOldEnrollmentKey")]
    [InlineData(7, 1, 3, "OnOldEnrollmentKey")] // its key is worthless by now: it is to be enrolled again
    [InlineData(7, 3, 2, "")] // another instance knows the new key first
    public void A_device_with_a_key_under_an_older_enrollment_key_is_counted_whatever_targets_it(int keyVersion, int keyGeneration, int siteGeneration, string expected)
    {
        foreach (var (device, others) in new[] { (Facts.Device(null, "all"), "Targeted NeverReached "), (Facts.Device(), "NotTargeted ") })
        {
            var site = new SiteSnapshot(Facts.Site().Settings, [Facts.Policy("p")], [Facts.Deployment("d", "p")], [Facts.Collection("all")], siteGeneration);
            var decision = DeviceDecision.For(
                device with { KeyVersion = keyVersion, KeyGeneration = keyGeneration }, new Dictionary<string, Assignment>(), site, Facts.Now);

            Assert.Equal((others + expected).Trim(), FiguresOf(decision));
            Assert.Equal(expected.Length > 0 ? 1 : 0, (HealthFigures.Of(decision) + HealthFigures.None).OnOldEnrollmentKey);
        }
    }

    [Fact]
    public void The_sums_are_those_of_the_states_for_every_decision()
    {
        foreach (var health in Enum.GetValues<HealthState>().Select(h => (HealthState?)h).Append(null))
        {
            var (decision, one) = (Decision(health), HealthFigures.Of(Decision(health)));
            Assert.Equal((one.Onboarded, one.Eligible), (Figure.Onboarded.Counts(decision) ? 1 : 0, Figure.Eligible.Counts(decision) ? 1 : 0));
        }
    }

    [Fact]
    public void A_deployment_answers_for_the_health_of_the_devices_that_it_holds_only()
    {
        var site = Facts.Site(
            [Facts.Policy("first", order: 1), Facts.Policy("second", order: 2)],
            [Facts.Deployment("d-1", "first"), Facts.Deployment("d-2", "second")]);
        var device = Facts.Device(null, "all") with { Health = new AgentHealth(Facts.Now, Facts.Now, true, 1, null) };
        var decision = DeviceDecision.For(device, new Dictionary<string, Assignment>(), site, Facts.Now);

        Assert.Equal("Targeted Healthy Onboarded Eligible", FiguresOf(FigureScopes.Within("deployment!d-1", decision)));
        Assert.Equal("Targeted", FiguresOf(FigureScopes.Within("deployment!d-2", decision)));
        Assert.Equal("Targeted Healthy Onboarded Eligible", FiguresOf(FigureScopes.Within("collection!d-2", decision)));
    }

    [Theory]
    [InlineData(1, "0FE2-A.b_c", "organisation!0fe2-a.b_c")]
    [InlineData(1, "no/key#at?all", "organisation!other")]
    [InlineData(1, "", null)]
    [InlineData(1, null, null)]
    [InlineData(0, "0fe2", null)] // says an organisation, but that it isn't onboarded
    public void An_organisation_is_that_which_the_last_report_said_in_lower_case(int onboardingState, string? orgId, string? expected)
    {
        var device = Facts.Device() with { Health = new AgentHealth(Facts.Now, null, true, onboardingState, orgId) };
        var decision = DeviceDecision.For(device, new Dictionary<string, Assignment>(), Facts.Site(), Facts.Now);

        Assert.Equal(expected, FigureScopes.Of(device, decision).SingleOrDefault(s => s.StartsWith("organisation", StringComparison.Ordinal)));
    }

    private static string FiguresOf(DeviceDecision decision) => string.Join(' ', Enum.GetValues<Figure>().Where(f => f.Counts(decision)));

    private static DeviceDecision Decision(HealthState? health)
    {
        var policy = Facts.Policy("p");
        return new DeviceDecision(
            new OperatingSystemClass("Windows 10 22H2", Platform.UpLevel),
            [new TargetedDeployment(Facts.Deployment("d", "p"), policy, Applicability.DeliverFile, AssignmentStatus.Success, null)], health, false);
    }
}
