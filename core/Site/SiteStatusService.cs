using Atp.Core.Devices;
using Atp.Core.Health;
using Atp.Core.Storage;

namespace Atp.Core.Site;

/// <summary>Checks the prerequisites: what administrators ask first when something doesn't work.</summary>
public sealed class SiteStatusService(SiteSettings settings, SiteTable site, TimerRuns timers, HealthQueries health, QueueLengths queues)
{
    public async Task<SiteStatus> GetAsync(CancellationToken ct)
    {
        var summary = await health.SummaryAsync([FigureScopes.Organisation], null, ct);
        return new SiteStatus(
            settings,
            PlatformRules.Supported(settings.ConfigurationManagerVersion),
            [.. summary.Scopes.Select(s => new OrganisationSeen(s.Name, s.Figures.Devices)).OrderByDescending(o => o.Devices)],
            summary.AsOf, summary.Stale, await queues.ReadAsync(ct), await timers.LastAsync(ct),
            (await site.FindEnrollmentKeysAsync(ct))?.Value, summary.Site?.Figures.OnOldEnrollmentKey ?? 0)
        {
            Alarms = await site.PolicyAlarmsAsync(ct),
        };
    }
}
