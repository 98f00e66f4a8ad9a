using Atp.Core.Errors;
using Atp.Core.Site;
using Microsoft.Extensions.Options;

namespace Atp.Core.Health;

/// <summary>The newest figures.</summary>
/// <param name="AsOf">Null before the first roll-up.</param>
/// <param name="Stale">The figures are older than two periods of the roll-up.</param>
/// <param name="Site">Null before the first roll-up: no data, not zero.</param>
/// <param name="Scopes">Those of the kind that was asked for.</param>
public sealed record HealthSummary(DateTimeOffset? AsOf, bool Stale, ScopeFigures? Site, IReadOnlyList<ScopeFigures> Scopes);

/// <summary>What administrators and analysts ask of the figures.</summary>
public sealed class HealthQueries(HealthTable health, IOptions<SiteOptions> options, TimeProvider clock)
{
    /// <param name="scopeKind">Null for all, else one of <see cref="FigureScopes.Kinds"/>.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DomainException">Invalid: another kind.</exception>
    public async Task<HealthSummary> SummaryAsync(string? scopeKind, CancellationToken ct)
    {
        if (scopeKind is not null && !FigureScopes.Kinds.Contains(scopeKind))
        {
            throw DomainError.Field("scopeKind", "health.scope-kind-invalid",
                $"A scope kind is one of {string.Join(", ", FigureScopes.Kinds)}.").ToException();
        }

        ScopeFigures? site = null;
        var scopes = new List<ScopeFigures>();
        await foreach (var scope in health.LatestAsync(ct))
        {
            if (scope.Scope == ScopeFigures.Site)
            {
                site = scope;
            }
            else if (scopeKind is null || scope.Kind == scopeKind)
            {
                scopes.Add(scope);
            }
        }

        var stale = site is null || clock.GetUtcNow() - site.AsOf > 2 * TimeSpan.FromMinutes(options.Value.RollUpPeriodMinutes);
        return new HealthSummary(site?.AsOf, stale, site, scopes);
    }

    /// <summary>The organisations that have a scope of their own, as scopes.</summary>
    public async Task<IReadOnlySet<string>> NamedOrganisationsAsync(CancellationToken ct) =>
        (await SummaryAsync(FigureScopes.Organisation, ct)).Scopes.Select(s => s.Scope).ToHashSet();

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
        if (start > end || end - start > TimeSpan.FromDays(400))
        {
            throw DomainError.Field("from", "health.range-invalid",
                "The range must start before it ends, not in the future, and span 400 days at most.").ToException();
        }

        var figures = new List<ScopeFigures>();
        await foreach (var hour in health.HistoryAsync(scope, start, end, ct))
        {
            figures.Add(hour);
        }

        return figures;
    }
}
