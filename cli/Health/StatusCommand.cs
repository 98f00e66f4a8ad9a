using System.CommandLine;
using Atp.Cli.Client;
using Atp.Cli.Output;

namespace Atp.Cli.Health;

internal static class StatusCommand
{
    /// <summary>The newest so many deployments that have not ended.</summary>
    private const int MostDeployments = 20;

    private static readonly string[] ScopeKinds = ["platform", "os", "collection", "deployment", "organisation"];

    private static readonly TimeSpan LongestRollUp = TimeSpan.FromMinutes(15);

    public static Command Create(Terminal terminal)
    {
        var by = OptionRules.OneOf("--by", "Also by this kind of scope", ScopeKinds);
        var rollUp = new Option<bool>("--roll-up") { Description = "Count anew first; else the newest figures there are" };
        var command = new Command("status", "Prerequisites and warnings, onboarding status, agent health and deployments") { by, rollUp };
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var client = server.Connect(parse);
            if (parse.GetValue(rollUp))
            {
                await client.RollUpAsync(_ => { }, LongestRollUp, ct);
            }

            var site = await client.GetSiteAsync(ct);
            var scopeKind = parse.GetValue(by);
            var health = await client.GetHealthAsync(scopeKind, ct);
            var deployments = new List<DeploymentAnswer>();
            await foreach (var live in client.ListDeploymentsAsync(ct).Where(d => d.EndedAt is null).Take(MostDeployments).WithCancellation(ct))
            {
                deployments.Add(await client.GetDeploymentAsync(live.Id, ct));
            }

            var answers = server.Answers(terminal, parse);
            IReadOnlyList<ScopeAnswer> figures = [.. health.Site is null ? [] : new[] { health.Site }, .. scopeKind is null ? [] : health.Scopes];
            answers.One(new { site, health, deployments }, figures, FigureTables.Columns, () =>
            {
                SiteTables.Show(terminal, site);
                Show(terminal, health, scopeKind is null ? [] : health.Scopes, deployments);
            });
        });
        return command;
    }

    private static void Show(
        Terminal terminal, HealthSummaryAnswer health, IReadOnlyList<ScopeAnswer> scopes, List<DeploymentAnswer> deployments)
    {
        if (health.Site is null)
        {
            terminal.Say("No figures yet: the first roll-up has not run. `atp status --roll-up` runs it now.");
            return;
        }

        terminal.Say($"As of {health.AsOf:u}{(health.Stale ? " (stale: the roll-up is late)" : "")}");
        FigureTables.ShowHealth(terminal, health.Site);
        if (scopes.Count > 0)
        {
            terminal.ShowTable(scopes, FigureTables.Columns);
        }

        foreach (var deployment in deployments.Where(d => d.Statuses is not null))
        {
            FigureTables.ShowStatuses(terminal, $"Deployment {deployment.Id}", deployment.Statuses!);
        }
    }
}
