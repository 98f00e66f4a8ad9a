using Atp.Core.Errors;
using Atp.Core.Site;
using Microsoft.Extensions.Options;

namespace Atp.Core.Health;

/// <summary>The newest figures.</summary>
/// <param name="AsOf">Null before the first roll-up.</param>
/// <param name="Stale">The figures are older than two periods of the roll-up.</param>
/// <param name="Site">Null before the first roll-up: no data, not zero.</param>
/// <param name="Scopes">Those of the kinds that were asked for.</param>
/// <param name="History">The site's, oldest first, as <see cref="TrendRule"/> thins it; null when it wasn't asked for.</param>
public sealed record HealthSummary(
    DateTimeOffset? AsOf, bool Stale, ScopeFigures? Site, IReadOnlyList<ScopeFigures> Scopes, IReadOnlyList<ScopeFigures>? History);

/// <summary>What administrators and analysts ask of the figures.</summary>
public sealed class HealthQueries(HealthTable health, IOptions<SiteOptions> options, TimeProvider clock)
{
    private const int MaxDays = 400;

    /// <param name="scopeKinds">Null for all, else some of <see cref="FigureScopes.Kinds"/>.</param>
    /// <param name="historyDays">How many days of the site's history, up to 400; null for none.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DomainException">Invalid, by field.</exception>
    public async Task<HealthSummary> SummaryAsync(IReadOnlyList<string>? scopeKinds, int? historyDays, CancellationToken ct)
    {
        var errors = new FieldErrors();
        if (scopeKinds?.Any(kind => !FigureScopes.Kinds.Contains(kind)) == true)
        {
            errors.Add("scopeKind", "health.scope-kind-invalid", $"Scope kinds are {string.Join(", ", FigureScopes.Kinds)}, with commas between them.");
        }

        if (historyDays is < 1 or > MaxDays)
        {
            errors.Add("historyDays", "health.days-invalid", $"The history is of 1 to {MaxDays} days.");
        }

        errors.ThrowIfAny();

        ScopeFigures? site = null;
        var scopes = new List<ScopeFigures>();
        await foreach (var scope in health.LatestAsync(ct))
        {
            if (scope.Scope == ScopeFigures.Site)
            {
                site = scope;
            }
            else if (scopeKinds?.Contains(scope.Kind) != false)
            {
                scopes.Add(scope);
            }
        }

        var now = clock.GetUtcNow();
        var stale = site is null || now - site.AsOf > 2 * TimeSpan.FromMinutes(options.Value.RollUpPeriodMinutes);
        return new HealthSummary(site?.AsOf, stale, site, scopes, historyDays is not { } days ? null
            : await TrendRule.ThinAsync(health.HistoryAsync(ScopeFigures.Site, now.AddDays(-days), now, ct), days, ct));
    }

    /// <summary>The organisations that have a scope of their own, as scopes.</summary>
    public async Task<IReadOnlySet<string>> NamedOrganisationsAsync(CancellationToken ct) =>
        (await SummaryAsync([FigureScopes.Organisation], null, ct)).Scopes.Select(s => s.Scope).ToHashSet();

    /// <summary>One scope's figures by hour, oldest first; by day where they are older than 90 days.</summary>
    /// <param name="scope"><c>site</c>, or a kind and a key: <c>deployment!id</c>.</param>
    /// <param name="from">UTC; default: a week ago.</param>
    /// <param name="to">UTC; default: now. 400 days after <paramref name="from"/> at most.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DomainException">Invalid: the range.</exception>
    public async Task<IReadOnlyList<ScopeFigures>> HistoryAsync(
        string scope, DateTimeOffset? from, DateTimeOffset? to, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var end = to < now ? to.Value : now;
        var start = from ?? (end.Year > 1 ? end.AddDays(-7) : end);
        if (start > end || end - start > TimeSpan.FromDays(MaxDays))
        {
            throw DomainError.Field("from", "health.range-invalid",
                $"The range must start before it ends, not in the future, and span {MaxDays} days at most.").ToException();
        }

        var figures = new List<ScopeFigures>();
        await foreach (var hour in health.HistoryAsync(scope, start, end, ct))
        {
            figures.Add(hour);
        }

        return figures;
    }
}
