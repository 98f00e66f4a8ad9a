using System.Globalization;
using Atp.Core.Storage;

namespace Atp.Core.Site;

/// <summary>An organisation that devices say they are onboarded to, as of the last roll-up.</summary>
/// <param name="OrgId">In lower case; <c>other</c> for those beyond the first hundred.</param>
public sealed record OrganisationSeen(string OrgId, int Devices);

/// <summary>What the service needs to do its work, and how it stands.</summary>
/// <param name="Settings">Configuration Manager version, shard count.</param>
/// <param name="Supported">What that version supports, a line each.</param>
/// <param name="Organisations">Most devices first.</param>
/// <param name="FiguresAsOf">The last roll-up's moment; null before the first.</param>
/// <param name="FiguresAreStale">It is older than two periods, or there was none.</param>
/// <param name="EnrollmentKeys">Versions and age, never the keys; null before the first enrollment.</param>
/// <param name="OnOldEnrollmentKey">Devices that the last roll-up counted on an enrollment key that is not the newest.</param>
public sealed record SiteStatus(
    SiteSettings Settings, IReadOnlyList<string> Supported, IReadOnlyList<OrganisationSeen> Organisations, DateTimeOffset? FiguresAsOf,
    bool FiguresAreStale, IReadOnlyList<QueueLength> Queues, IReadOnlyList<TimerRun> Timers, EnrollmentKeyVersions? EnrollmentKeys,
    int OnOldEnrollmentKey = 0)
{
    private const int OrganisationsNamed = 5;
    private static readonly TimeSpan OldKeys = TimeSpan.FromDays(365);
    private static readonly TimeSpan LongestRotation = TimeSpan.FromDays(30);

    /// <summary>Files and keys of policies that are not what they should be.</summary>
    public IReadOnlyList<PolicyAlarm> Alarms { get; init; } = [];

    /// <summary>Whatever is not as it should be, in words.</summary>
    public IReadOnlyList<string> WarningsAt(DateTimeOffset now) =>
    [
        .. Alarms.Select(alarm => alarm.Warning),
        .. Figures(),
        .. Queues.Where(queue => queue.Poison > 0).Select(queue =>
            string.Create(CultureInfo.InvariantCulture, $"Queue {queue.Name}{Storage.Queues.PoisonSuffix} holds {Count(queue.Poison, "message")} that could not be processed.")),
        .. Timers.Select(timer => Timer(timer, now)).OfType<string>(),
        .. SeveralOrganisations(),
        .. Keys(now),
        .. DevicesOnOldKey(),
    ];

    private static string? Timer(TimerRun run, DateTimeOffset now)
    {
        var period = SiteTimers.Periods[run.Name];
        return run switch
        {
            { StartedAt: null } => $"Timer {run.Name} has not run yet.",
            { StartedAt: { } started } when now - started > 2 * period => string.Create(CultureInfo.InvariantCulture,
                $"Timer {run.Name} has not run since {started.UtcDateTime:u}; it is due every {period.TotalMinutes} minutes."),
            { Result: TimerResult.Failed } => $"The last run of timer {run.Name} failed, at {run.FinishedAt!.Value.UtcDateTime:u}. Its log says why.",
            { FinishedAt: null } when now - run.StartedAt > period =>
                $"The last run of timer {run.Name}, started at {run.StartedAt!.Value.UtcDateTime:u}, has not finished.",
            _ => null,
        };
    }

    private static string Count(int number, string thing) =>
        string.Create(CultureInfo.InvariantCulture, $"{number:N0} {thing}{(number == 1 ? "" : "s")}");

    private IEnumerable<string> Figures() => !FiguresAreStale ? []
        : FiguresAsOf is { } asOf ? [$"The figures are as of {asOf.UtcDateTime:u}: the roll-up is late."]
        : ["There are no figures yet: no roll-up is complete."];

    private IEnumerable<string> SeveralOrganisations() => Organisations.Count <= 1 ? [] :
    [
        "Devices are onboarded to more than one organisation: "
        + string.Join(", ", Organisations.Take(OrganisationsNamed).Select(o => $"{o.OrgId} ({Count(o.Devices, "device")})"))
        + (Organisations.Count > OrganisationsNamed ? $", and {Organisations.Count - OrganisationsNamed} more." : "."),
    ];

    private IEnumerable<string> Keys(DateTimeOffset now) => EnrollmentKeys switch
    {
        { MadeAt: var madeAt } when now - madeAt > OldKeys => [$"The enrollment keys were made on {madeAt.UtcDateTime:yyyy-MM-dd}, more than a year ago."],
        { Secondary: not null, MadeAt: var rotatedAt } when now - rotatedAt > LongestRotation =>
            [$"The rotation of the enrollment keys of {rotatedAt.UtcDateTime:yyyy-MM-dd} is not finished: the old key is still valid. Retire it once no device uses it."],
        _ => [],
    };

    private IEnumerable<string> DevicesOnOldKey() => OnOldEnrollmentKey == 0 ? []
        : EnrollmentKeys?.Secondary is null
            ? [$"Locked out until enrolled again, since their enrollment key was retired: {Count(OnOldEnrollmentKey, "device")}."]
            : [$"Still on the old enrollment key: {Count(OnOldEnrollmentKey, "device")}."];
}
