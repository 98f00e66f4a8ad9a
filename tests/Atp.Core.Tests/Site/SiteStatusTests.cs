using Atp.Core.Site;
using Atp.Core.Storage;

namespace Atp.Core.Tests.Site;

public sealed class SiteStatusTests
{
    private static readonly SiteStatus Good = new(
        new SiteSettings(8, 2207, TimeSpan.FromDays(7)), [], [new OrganisationSeen("org-a", 10)], Facts.Now.AddMinutes(-4), false,
        [new QueueLength("device-reports", 120, 0)],
        [Ran(SiteTimers.RollUpHealth, -4), Ran(SiteTimers.Reconcile, -9)],
        new EnrollmentKeyVersions("v1", null, 1, Facts.Now.AddDays(-365)));

    private static readonly EnrollmentKeyVersions Rotated = new("v2", "v1", 2, Facts.Now.AddDays(-400), Facts.Now.AddDays(-30));

    public static TheoryData<string, SiteStatus, string> Wrong { get; } = new()
    {
        { "late figures", Good with { FiguresAreStale = true }, "The figures are as of 2026-03-04 05:02:07Z: the roll-up is late." },
        { "no figures", Good with { FiguresAreStale = true, FiguresAsOf = null }, "There are no figures yet: no roll-up is complete." },
        {
            "one poison message", Good with { Queues = [new QueueLength("device-reports", 0, 1)] },
            "Queue device-reports-poison holds 1 message that could not be processed."
        },
        {
            "many poison messages", Good with { Queues = [new QueueLength("health-shards", 0, 1234)] },
            "Queue health-shards-poison holds 1,234 messages that could not be processed."
        },
        {
            "a timer that never ran", Good with { Timers = [new TimerRun(SiteTimers.Reconcile, null, null, null)] },
            "Timer Reconcile has not run yet."
        },
        {
            "a timer that has not run for two periods", Good with { Timers = [Ran(SiteTimers.RollUpHealth, -11)] },
            "Timer RollUpHealth has not run since 2026-03-04 04:55:07Z; it is due every 5 minutes."
        },
        {
            "a run that failed", Good with { Timers = [Ran(SiteTimers.Reconcile, -9) with { Result = TimerResult.Failed }] },
            "The last run of timer Reconcile failed, at 2026-03-04 04:57:07Z. Its log says why."
        },
        {
            "a run that was killed", Good with { Timers = [Ran(SiteTimers.RollUpHealth, -6) with { FinishedAt = null, Result = null }] },
            "The last run of timer RollUpHealth, started at 2026-03-04 05:00:07Z, has not finished."
        },
        {
            "two organisations", Good with { Organisations = [new OrganisationSeen("org-a", 1000), new OrganisationSeen("org-b", 1)] },
            "Devices are onboarded to more than one organisation: org-a (1,000 devices), org-b (1 device)."
        },
        {
            "many organisations", Good with { Organisations = [.. Enumerable.Range(1, 9).Select(i => new OrganisationSeen($"org-{i}", 2))] },
            "Devices are onboarded to more than one organisation: org-1 (2 devices), org-2 (2 devices), org-3 (2 devices), org-4 (2 devices), org-5 (2 devices), and 4 more."
        },
        {
            "old enrollment keys", Good with { EnrollmentKeys = new EnrollmentKeyVersions("v1", null, 1, Facts.Now.AddDays(-366)) },
            "The enrollment keys were made on 2025-03-03, more than a year ago."
        },
        {
            "a damaged file", Good with { Alarms = [new PolicyAlarm("p-1", PolicyPart.ConfigurationFile, "aa", "bb", Facts.Now)] },
            "The configuration file of policy p-1 is damaged: storage has one with SHA-256 bb in place of aa. Devices don't get it. "
            + "Find out who changed it, and upload the file to the policy again."
        },
        {
            "a missing file", Good with { Alarms = [new PolicyAlarm("p-1", PolicyPart.ConfigurationFile, "aa", null, Facts.Now)] },
            "The configuration file of policy p-1 is damaged: storage has none in place of aa. Devices don't get it. "
            + "Find out who changed it, and upload the file to the policy again."
        },
        {
            "a lost key", Good with { Alarms = [new PolicyAlarm("p-1", PolicyPart.WorkspaceKey, "v1", null, Facts.Now)] },
            "Key Vault has lost the Workspace key of policy p-1, version v1. Devices don't get it. Recover the secret, or set the key again."
        },
        {
            "a rotation that is not finished", Good with { EnrollmentKeys = Rotated with { RotatedAt = Facts.Now.AddDays(-31) } },
            "The rotation of the enrollment keys of 2026-02-01 is not finished: the old key is still valid. Retire it once no device uses it."
        },
        {
            "devices on the old enrollment key", Good with { EnrollmentKeys = Rotated, OnOldEnrollmentKey = 1234 },
            "Still on the old enrollment key: 1,234 devices."
        },
        {
            "a device whose enrollment key was retired", Good with { EnrollmentKeys = Rotated with { Secondary = null }, OnOldEnrollmentKey = 1 },
            "Locked out until enrolled again, since their enrollment key was retired: 1 device."
        },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Whatever_is_not_as_it_should_be_is_said_in_words(string what, SiteStatus status, string expected) =>
        Assert.True(status.WarningsAt(Facts.Now).SequenceEqual([expected]), $"{what}: {string.Join(" | ", status.WarningsAt(Facts.Now))}");

    [Fact]
    public void A_site_that_is_as_it_should_be_has_no_warnings()
    {
        Assert.Empty(Good.WarningsAt(Facts.Now));
        Assert.Empty((Good with { Organisations = [], EnrollmentKeys = null }).WarningsAt(Facts.Now)); // nothing enrolled yet
        Assert.Empty((Good with { EnrollmentKeys = Rotated }).WarningsAt(Facts.Now)); // the age of a key counts from its own making
        Assert.Empty((Good with { Timers = [Ran(SiteTimers.Reconcile, -9) with { FinishedAt = null, Result = null }] }).WarningsAt(Facts.Now)); // at work
    }

    private static TimerRun Ran(string name, int minutes) =>
        new(name, Facts.Now.AddMinutes(minutes), Facts.Now.AddMinutes(minutes), TimerResult.Succeeded);
}
