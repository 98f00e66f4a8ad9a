using System.CommandLine;
using Atp.Cli.Client;

namespace Atp.Cli.Health;

internal static class StatusCommand
{
    private static readonly string[] ScopeKinds = ["platform", "os", "collection", "deployment", "organisation"];

    private static readonly TimeSpan LongestRollUp = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    public static Command Create(Terminal terminal)
    {
        var by = OptionRules.OneOf("--by", "Also by this kind of scope", ScopeKinds);
        var rollUp = new Option<bool>("--roll-up") { Description = "Count anew first; else the newest figures there are" };
        var watch = new Option<bool>("--watch") { Description = "Go on showing it until Ctrl-C, also over a restart of the server" };
        var interval = OptionRules.Duration("--interval", "How often --watch looks", Interval);
        var timeout = OptionRules.Duration("--timeout", "How long --watch bears a server that doesn't answer", Patience);
        var command = new Command("status", "Prerequisites and warnings, onboarding status, agent health and deployments")
        {
            by, rollUp, watch, interval, timeout,
        };
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var answers = server.Answers(terminal, parse);
            var scopeKind = parse.GetValue(by);
            var client = server.Connect(parse);
            if (parse.GetValue(rollUp))
            {
                await client.RollUpAsync(_ => { }, LongestRollUp, ct);
            }

            if (parse.GetValue(watch))
            {
                await (answers.IsForPeople
                    ? new StatusWatch(terminal, note => server.Enduring(client, parse, parse.GetValue(timeout), note), scopeKind).RunAsync(parse.GetValue(interval), ct)
                    : throw new CommandException("--watch is for people: it has no JSON or CSV. Ask again and again instead."));
                return;
            }

            var overview = await SiteOverview.GetAsync(client, scopeKind, ct);
            var scopes = scopeKind is null ? [] : overview.Health.Scopes;
            IReadOnlyList<ScopeAnswer> figures = [.. overview.Health.Site is { } site ? new[] { site } : [], .. scopes];
            answers.One(overview, figures, FigureTables.Columns, () => overview.Show(terminal, scopes));
        });
        return command;
    }
}
