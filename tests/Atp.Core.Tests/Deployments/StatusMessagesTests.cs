using Atp.Core.Deployments;
using Atp.Core.Devices;
using Atp.Core.Policies;
using Atp.Core.Site;

namespace Atp.Core.Tests.Deployments;

/// <summary>What the device page says; times are of <see cref="Facts.Now"/>, 2026-03-04 05:06:07 UTC.</summary>
public sealed class StatusMessagesTests
{
    private static readonly OperatingSystemFacts Windows11 = new(22631, 1, 4);
    private static readonly Assignment Fetched = new() { DeploymentId = "d", FetchedRevision = 1, FetchedAt = Facts.Now };
    private static readonly Assignment Done = Fetched with { ReportedRevision = 1, Result = AssignmentResult.Success, ResultAt = Facts.Now };

    public static TheoryData<string, string, string> Statuses { get; } = new()
    {
        { "done", "Success: the device applied revision 1 of policy 'p', as it reported at 2026-03-04 05:06 UTC.", "" },
        { "fetched", "In progress: the device fetched revision 1 of policy 'p' at 2026-03-04 05:06 UTC, and has not reported the result yet.", "Wait" },
        { "edited since", "In progress: policy 'p' is at revision 2, and the device has revision 1 still.", "next check-in" },
        { "never seen", "Unknown: the device has not fetched policy 'p' yet; it has never checked in.", "switched on" },
        { "not enrolled", "Unknown: the device has not fetched policy 'p' yet; it has never checked in.", "enroll it" },
        { "blocked", "Unknown: the device has not fetched policy 'p' yet; it was last seen at 2026-03-04 05:06 UTC.", "unblock" },
        { "Windows 7", "Requirements not met: Windows 7 SP1 (build 7601) can't be onboarded by Configuration Manager 2207.", "supported operating system" },
        { "Windows 11 at 2010", "Requirements not met: Windows 11 23H2 (build 22631) can't be onboarded by Configuration Manager 2010.", "Configuration Manager 2107 supports it" },
        { "no name", "Requirements not met: an operating system of build 1234 and product type 1 can't be onboarded by Configuration Manager 2207.", "supported" },
        {
            "workspace missing",
            "Error: Windows Server 2016 (build 14393) is down-level and needs the Workspace ID and Workspace key; policy 'p' doesn't include them, so it fails on this device.",
            "Update the policy with the Workspace ID and Workspace key. Or give it the Defender client"
        },
        {
            "workspace missing at 2006",
            "Error: Windows Server 2016 (build 14393) is down-level and needs the Workspace ID and Workspace key; policy 'p' doesn't include them, so it fails on this device.",
            "and the configuration file with them."
        },
        { "expired", "Error: the offboarding file of policy 'p' expired at 2026-03-04 05:06 UTC, before the device had applied it.", "Download a new offboarding package" },
        { "done, then expired", "Success: the device applied revision 1 of policy 'p', as it reported at 2026-03-04 05:06 UTC.", "" },
        {
            "failed with 15",
            "Error: the device couldn't apply revision 1 of policy 'p', as it reported at 2026-03-04 05:06 UTC: the SENSE service couldn't be started (script:15).",
            "feature is installed"
        },
        {
            "failed with sense:15",
            "Error: the device couldn't apply revision 1 of policy 'p', as it reported at 2026-03-04 05:06 UTC: the agent's command channel to its service failed (sense:15).",
            "proxy"
        },
        {
            "failed with sense:11",
            "Error: the device couldn't apply revision 1 of policy 'p', as it reported at 2026-03-04 05:06 UTC: onboarding is done (sense:11).",
            "no failure by itself"
        },
        {
            "failed with 4711",
            "Error: the device couldn't apply revision 1 of policy 'p', as it reported at 2026-03-04 05:06 UTC: code 4711, which is not one that is known here.",
            "Look the code up"
        },
        { "failed", "Error: the device couldn't apply revision 1 of policy 'p', as it reported at 2026-03-04 05:06 UTC. It gave no code.", "WDATPOnboarding" },
    };

    [Theory]
    [MemberData(nameof(Statuses))]
    public void A_status_is_told_in_the_words_of_Configuration_Manager_with_what_to_do(string what, string text, string whatToDo)
    {
        var failed = Done with { Result = AssignmentResult.Error };
        var seen = Facts.Device(null, "all") with { LastSeen = Facts.Now, KeyVersion = 1 };
        var offboarding = Facts.Policy("p", kind: PolicyKind.Offboarding, expiresAt: Facts.Now);
        var (device, assignment, policy, version) = what switch
        {
            "done" => (seen, Done, Facts.Policy("p"), 2207),
            "fetched" => (seen, Fetched, Facts.Policy("p"), 2207),
            "edited since" => (seen, Done, Facts.Policy("p", revision: 2), 2207),
            "never seen" => (seen with { LastSeen = null }, null, Facts.Policy("p"), 2207),
            "not enrolled" => (seen with { LastSeen = null, KeyVersion = 0 }, null, Facts.Policy("p"), 2207),
            "blocked" => (seen with { Blocked = true }, null, Facts.Policy("p"), 2207),
            "Windows 7" => (Facts.Device(Facts.Windows7, "all"), Done, Facts.Policy("p"), 2207),
            "Windows 11 at 2010" => (Facts.Device(Windows11, "all"), null, Facts.Policy("p"), 2010),
            "no name" => (Facts.Device(new OperatingSystemFacts(1234, 1, 0), "all"), null, Facts.Policy("p"), 2207),
            "workspace missing" => (Facts.Device(Facts.Server2016, "all"), null, Facts.Policy("p", workspace: false), 2207),
            "workspace missing at 2006" => (Facts.Device(Facts.Server2016, "all"), Fetched, Facts.Policy("p", workspace: false), 2006),
            "expired" => (seen, Fetched, offboarding, 2207),
            "done, then expired" => (seen, Done, offboarding, 2207),
            "failed" => (seen, failed, Facts.Policy("p"), 2207),
            _ => (seen, failed with { ErrorCode = what["failed with ".Length..] }, Facts.Policy("p"), 2207),
        };

        var message = Assert.Single(Messages(device, assignment, version, policy).Targets);

        Assert.Equal(text, message.Text);
        AssertSays(whatToDo, message.WhatToDo);
    }

    public static TheoryData<string, string, string> Losers { get; } = new()
    {
        { "a better order", "first", "Superseded: Policy 'first' has order 1, this one order 3." },
        {
            "a newer deployment", "p",
            "Superseded: another deployment of policy 'p', of 2026-02-02 05:15 UTC, holds the device; of two deployments of the same order, the newer one wins."
        },
        {
            "another policy of the same order", "other",
            "Superseded: policy 'other', deployed at 2026-02-02 05:15 UTC, has the same order 3 and holds the device; of two deployments of the same order, the newer one wins."
        },
        {
            "the same moment", "p",
            "Superseded: another deployment of policy 'p', of 2026-02-02 05:06 UTC, holds the device; of two deployments of the same order and the same moment, the one with the higher id wins."
        },
    };

    [Theory]
    [MemberData(nameof(Losers))]
    public void A_deployment_that_lost_says_why(string what, string winner, string text)
    {
        var site = Facts.Site(
            [Facts.Policy("p", order: 3), Facts.Policy("first", order: 1), Facts.Policy("other", order: 3)],
            [Facts.Deployment("d", "p"), Facts.Deployment("e", winner, minute: what == "the same moment" ? 0 : 9)]);

        var messages = Messages(Facts.Device(null, "all"), new Dictionary<string, Assignment>(), site).Targets;

        Assert.Equal(2, messages.Count);
        Assert.StartsWith("Unknown:", messages[0].Text, StringComparison.Ordinal);
        Assert.Equal(text, messages[1].Text);
        AssertSays("better order", messages[1].WhatToDo);
    }

    [Theory]
    // reported?, onboarding state, service running, hours since last connected → text, what to do
    [InlineData(false, 0, false, null, "Not onboarded: the policy was fetched, but the agent hasn't reported that the device is onboarded; it has sent no report.", "SENSE log")]
    [InlineData(true, 0, true, 1.0,
        "Not onboarded: the policy was fetched, but the agent hasn't reported that the device is onboarded; its last report, of 2026-03-04 05:06 UTC, says that it isn't.", "SENSE log")]
    [InlineData(true, 1, false, 1.0, "Agent state: the agent's Windows service (Sense) isn't running, as the device reported at 2026-03-04 05:06 UTC.", "Start the service")]
    [InlineData(true, 1, true, 360.0, "Inactive: last connected 2026-02-17 05:06 UTC, 15 days ago; the period is 7 days.", "proxy")]
    [InlineData(true, 1, true, null, "Inactive: the agent has not connected to its service yet; the period is 7 days.", "proxy")]
    [InlineData(true, 1, true, 1.0, "Healthy: the agent runs, and last connected 2026-03-04 04:06 UTC.", "")]
    public void Health_is_told_with_its_reason(bool reported, int onboardingState, bool running, double? hours, string text, string whatToDo)
    {
        var device = Facts.Device(null, "all") with
        {
            Health = reported ? new AgentHealth(Facts.Now, hours is null ? null : Facts.Now.AddHours(-hours.Value), running, onboardingState, null) : null,
        };

        var message = Messages(device, Fetched, 2207, Facts.Policy("p")).Health!;

        Assert.Equal(text, message.Text);
        AssertSays(whatToDo, message.WhatToDo);
    }

    [Fact]
    public void A_device_that_never_came_says_so() => Assert.StartsWith(
        "Never reached: ", Messages(Facts.Device(null, "all"), null, 2207, Facts.Policy("p")).Health!.Text, StringComparison.Ordinal);

    [Fact]
    public void What_is_not_to_be_onboarded_has_no_health_to_tell() =>
        Assert.Null(Messages(Facts.Device(Facts.Windows7, "all"), Done, 2207, Facts.Policy("p")).Health);

    [Theory]
    // policy, reported, applied? → text
    [InlineData(FileSamples.None, FileSamples.AllFileTypes, true,
        "The device applied the policy and reports that it shares samples of all file types; the policy says no file samples.")]
    [InlineData(FileSamples.AllFileTypes, FileSamples.None, true,
        "The device applied the policy and reports that it shares no file samples; the policy says samples of all file types.")]
    [InlineData(FileSamples.None, FileSamples.None, true, null)]
    [InlineData(FileSamples.None, null, true, null)] // it didn't say
    [InlineData(FileSamples.None, FileSamples.AllFileTypes, false, null)] // it has yet to apply it
    public void A_device_that_reports_other_file_samples_than_its_policy_says_has_drifted(
        FileSamples asked, FileSamples? reported, bool applied, string? text)
    {
        var device = Facts.Device(null, "all") with { Health = new AgentHealth(Facts.Now, Facts.Now, true, 1, null, reported) };
        var policy = Facts.Policy("p");
        policy = policy with { Current = policy.Current with { FileSamples = asked } };

        Assert.Equal(text, Messages(device, applied ? Done : Fetched, 2207, policy).FileSamples?.Text);
    }

    [Theory]
    [InlineData("Sold", null, "Retired: Sold. Since 2026-03-04 05:06 UTC it counts nowhere, and can't check in.")]
    [InlineData("It was sold.", "pc-2", "Retired: It was sold. Since 2026-03-04 05:06 UTC it counts nowhere, and can't check in. The computer is pc-2 now.")]
    public void A_retired_device_says_since_when_and_why(string reason, string? replacedBy, string text)
    {
        var device = Facts.Device() with { Retired = new Retirement(Facts.Now, reason, replacedBy) };

        var messages = Messages(device, null, 2207, Facts.Policy("p"));

        Assert.Equal(text, messages.Retirement!.Text);
        Assert.Empty(messages.Targets);
    }

    private static void AssertSays(string part, string? whatToDo)
    {
        if (part.Length == 0)
        {
            Assert.Null(whatToDo);
        }
        else
        {
            Assert.Contains(part, whatToDo, StringComparison.Ordinal);
        }
    }

    private static DeviceMessages Messages(Device device, Assignment? assignment, int version, Policy policy) => Messages(
        device, assignment is null ? new Dictionary<string, Assignment>() : new() { ["d"] = assignment },
        Facts.Site([policy], [Facts.Deployment("d", policy.Id)], version: version));

    private static DeviceMessages Messages(Device device, Dictionary<string, Assignment> assignments, SiteSnapshot site) =>
        StatusMessages.For(device, DeviceDecision.For(device, assignments, site, Facts.Now), site.Settings, Facts.Now);
}
