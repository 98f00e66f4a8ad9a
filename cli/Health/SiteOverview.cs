using System.Globalization;
using Atp.Cli.Client;
using Atp.Cli.Output;
using Spectre.Console;

namespace Atp.Cli.Health;

/// <summary>What <c>atp status</c> shows: the prerequisites, the newest figures, and the deployments that have not ended.</summary>
internal sealed record SiteOverview(SiteAnswer Site, HealthSummaryAnswer Health, IReadOnlyList<DeploymentAnswer> Deployments)
{
    /// <summary>The newest so many.</summary>
    private const int MostDeployments = 20;

    /// <param name="client">Asked for all of it.</param>
    /// <param name="scopeKind">The scopes to show besides; null for none.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<SiteOverview> GetAsync(AtpClient client, string? scopeKind, CancellationToken ct)
    {
        var site = await client.GetSiteAsync(ct);
        var health = await client.GetHealthAsync(scopeKind, ct);
        var deployments = new List<DeploymentAnswer>();
        await foreach (var live in client.ListDeploymentsAsync(ct).Where(d => d.EndedAt is null).Take(MostDeployments).WithCancellation(ct))
        {
            deployments.Add(await client.GetDeploymentAsync(live.Id, ct));
        }

        return new SiteOverview(site, health, deployments);
    }

    /// <summary>All of it.</summary>
    public void Show(Terminal terminal, IReadOnlyList<ScopeAnswer> scopes)
    {
        SiteTables.Show(terminal, Site);
        ShowFigures(terminal, scopes);
    }

    /// <summary>What goes on: warnings, figures, deployments.</summary>
    public void ShowNews(Terminal terminal, IReadOnlyList<ScopeAnswer> scopes)
    {
        foreach (var warning in Site.Warnings)
        {
            terminal.Console.WriteLine($"Warning: {warning}"); // broken where the window ends
        }

        ShowFigures(terminal, scopes);
    }

    /// <summary>What may change from one look to the next, a line each; without the times, which change with every roll-up.</summary>
    public IEnumerable<string> Lines()
    {
        if (Health.Site is { } site)
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"{site.Devices:N0} devices, {site.Targeted:N0} targeted: {site.Healthy:N0} healthy, {site.AgentState:N0} agent state, "
                + $"{site.Inactive:N0} inactive, {site.NotOnboarded:N0} not onboarded, {site.NeverReached:N0} never reached, {site.Offboarding:N0} offboarding");
        }

        foreach (var deployment in Deployments)
        {
            yield return $"Deployment {deployment.Id}: {deployment.State}{(deployment.Statuses is { } statuses ? $", {statuses}" : "")}";
        }

        foreach (var warning in Site.Warnings)
        {
            yield return $"Warning: {warning}";
        }
    }

    private void ShowFigures(Terminal terminal, IReadOnlyList<ScopeAnswer> scopes)
    {
        if (Health.Site is null)
        {
            terminal.Say("No figures yet: the first roll-up has not run. `atp status --roll-up` runs it now.");
            return;
        }

        terminal.Say($"As of {Health.AsOf:u}{(Health.Stale ? " (stale: the roll-up is late)" : "")}");
        FigureTables.ShowHealth(terminal, Health.Site);
        if (scopes.Count > 0)
        {
            terminal.ShowTable(scopes, FigureTables.Columns);
        }

        foreach (var deployment in Deployments.Where(d => d.Statuses is not null))
        {
            FigureTables.ShowStatuses(terminal, $"Deployment {deployment.Id}", deployment.Statuses!);
        }
    }
}
