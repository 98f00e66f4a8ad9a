using Atp.Core.Collections;
using Atp.Core.Deployments;
using Atp.Core.Devices;
using Atp.Core.Policies;

namespace Atp.Core.Tests.Deployments;

public sealed class ApplicabilityTests
{
    [Theory]
    [InlineData(Platform.UpLevel, PolicyKind.Onboarding, true, Applicability.DeliverFile)]
    [InlineData(Platform.UpLevel, PolicyKind.Onboarding, false, Applicability.DeliverFile)]
    [InlineData(Platform.UpLevel, PolicyKind.Offboarding, false, Applicability.DeliverFile)]
    [InlineData(Platform.DownLevel, PolicyKind.Onboarding, true, Applicability.DeliverWorkspace)]
    [InlineData(Platform.DownLevel, PolicyKind.Onboarding, false, Applicability.WorkspaceMissing)]
    [InlineData(Platform.DownLevel, PolicyKind.Offboarding, false, Applicability.RemoveMonitoringAgent)]
    [InlineData(Platform.Unsupported, PolicyKind.Onboarding, true, Applicability.NotSupported)]
    [InlineData(Platform.Unsupported, PolicyKind.Offboarding, false, Applicability.NotSupported)]
    public void A_policy_means_one_thing_for_each_platform(Platform platform, PolicyKind kind, bool workspace, Applicability expected) =>
        Assert.Equal(expected, ApplicabilityRule.Of(Facts.Policy("p", kind: kind, workspace: workspace).Current, platform, DownLevelAgent.MonitoringAgent, Facts.Now));

    [Theory]
    [InlineData(Platform.DownLevel, PolicyKind.Onboarding, true)]
    [InlineData(Platform.DownLevel, PolicyKind.Onboarding, false)]
    [InlineData(Platform.DownLevel, PolicyKind.Offboarding, false)]
    [InlineData(Platform.UpLevel, PolicyKind.Onboarding, true)]
    public void With_the_Defender_client_a_down_level_system_takes_the_file_and_needs_no_workspace(Platform platform, PolicyKind kind, bool workspace) =>
        Assert.Equal(Applicability.DeliverFile, ApplicabilityRule.Of(
            Facts.Policy("p", kind: kind, workspace: workspace).Current, platform, DownLevelAgent.DefenderClient, Facts.Now));

    [Theory]
    [InlineData(1, Platform.UpLevel, Applicability.DeliverFile)]
    [InlineData(0, Platform.UpLevel, Applicability.Expired)] // at that very moment it is past
    [InlineData(-1, Platform.UpLevel, Applicability.Expired)]
    [InlineData(-1, Platform.DownLevel, Applicability.Expired)]
    [InlineData(-1, Platform.Unsupported, Applicability.NotSupported)]
    public void An_offboarding_file_is_good_until_its_own_date(int secondsLeft, Platform platform, Applicability expected) =>
        Assert.Equal(expected, ApplicabilityRule.Of(
            Facts.Policy("p", kind: PolicyKind.Offboarding, expiresAt: Facts.Now.AddSeconds(secondsLeft)).Current, platform, DownLevelAgent.MonitoringAgent, Facts.Now));

    [Theory]
    [InlineData(Applicability.DeliverFile, true)]
    [InlineData(Applicability.DeliverWorkspace, true)]
    [InlineData(Applicability.RemoveMonitoringAgent, true)]
    [InlineData(Applicability.WorkspaceMissing, false)]
    [InlineData(Applicability.NotSupported, false)]
    [InlineData(Applicability.Expired, false)]
    public void Only_some_leave_the_device_something_to_do(Applicability applicability, bool expected) =>
        Assert.Equal(expected, applicability.IsApplicable());
}
