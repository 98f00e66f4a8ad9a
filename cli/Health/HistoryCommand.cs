using System.CommandLine;
using Atp.Cli.Client;
using Atp.Cli.Output;

namespace Atp.Cli.Health;

internal static class HistoryCommand
{
    public const int PageSize = 1000;

    /// <summary>The same figures as those of a scope, by time.</summary>
    public static readonly IReadOnlyList<Column<ScopeAnswer>> Columns =
    [
        new("As of", scope => scope.AsOf) { IsWhole = true },
        .. FigureTables.Columns.Where(column => column.Title != "As of").Select(column => column.Title is "Scope" or "Name" ? column with { InTable = false } : column),
    ];

    public static Option<string?> ScopeOption() => new("--scope") { Description = "Of this scope, as `status --by` names it: collection!ID, os!NAME, … Default: site" };

    public static Command Create(Terminal terminal)
    {
        var scope = ScopeOption();
        var from = CommonOptions.From("a week ago");
        var to = CommonOptions.To();
        var top = CommonOptions.Top();
        var command = new Command("history", "List the figures of a scope by hour, the oldest first; by day before the last 90 days") { scope, from, to, top };
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction((parse, ct) => server.Answers(terminal, parse).ListAsync(
            server.Connect(parse).ListHistoryAsync(parse.GetValue(scope), parse.GetValue(from), parse.GetValue(to), PageSize, ct), Columns, parse.GetValue(top),
            "--from and --to narrow it down", ct));
        return command;
    }
}
