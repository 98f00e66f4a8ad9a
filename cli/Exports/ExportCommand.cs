using System.CommandLine;
using System.Globalization;
using System.Runtime.CompilerServices;
using Atp.Cli.Audit;
using Atp.Cli.Client;
using Atp.Cli.Collections;
using Atp.Cli.Deployments;
using Atp.Cli.Devices;
using Atp.Cli.Health;
using Atp.Cli.Output;
using Atp.Cli.Policies;

namespace Atp.Cli.Exports;

/// <summary>Any list, all of it.</summary>
internal static class ExportCommand
{
    private const int PageSize = 1000;

    /// <summary>The service answers so much of the history at a time.</summary>
    private static readonly TimeSpan LongestHistory = TimeSpan.FromDays(400);

    /// <summary>Nothing is kept longer.</summary>
    private static readonly TimeSpan LongestKept = TimeSpan.FromDays(3660);

    public static Command Create(Terminal terminal) => new("export", "Write all of a list as CSV or JSON, to a file or to standard output")
    {
        Devices(terminal),
        Of(terminal, "policies", "All policies, the one that wins first", PolicyListCommand.Columns, [], (client, _, ct) => PolicyListCommand.InOrder(client, ct)),
        Of(terminal, "collections", "All collections", CollectionListCommand.Columns, [], (client, _, ct) => client.ListCollectionsAsync(ct)),
        Members(terminal),
        Of(terminal, "deployments", "All deployments, those that have ended too", DeploymentListCommand.Columns, [], (client, _, ct) => client.ListDeploymentsAsync(ct)),
        Of(terminal, "figures", "The newest figures of the site and of every scope", FigureTables.Columns, [], FiguresAsync),
        History(terminal),
        AuditEntries(terminal),
    };

    private static Command Devices(Terminal terminal)
    {
        var retired = new Option<bool>("--retired") { Description = "Those that are retired, in place of those in use" };
        return Of(terminal, "devices", "All devices in use, or all that are retired", DeviceListCommand.Columns, [retired], (client, parse, ct) =>
            client.ListDevicesAsync([("retired", parse.GetValue(retired) ? "true" : null)], PageSize, ct));
    }

    private static Command Members(Terminal terminal)
    {
        var collection = new Option<string>("--collection") { Description = "The collection's id", Required = true };
        return Of(terminal, "members", "All members of a collection", CollectionMembersCommand.Columns, [collection], (client, parse, ct) =>
            client.ListMembersAsync(parse.GetRequiredValue(collection), PageSize, ct));
    }

    private static Command History(Terminal terminal)
    {
        var (scope, from, to) = (HistoryCommand.ScopeOption(), CommonOptions.From("as long as it is kept"), CommonOptions.To());
        return Of(terminal, "history", "The figures of a scope by hour, the oldest first; by day before the last 90 days", HistoryCommand.Columns, [scope, from, to],
            (client, parse, ct) => HistoryAsync(client, parse.GetValue(scope), parse.GetValue(from), parse.GetValue(to), ct));
    }

    /// <summary>What was intended and what came of it are entries of their own here: nothing is left out.</summary>
    private static Command AuditEntries(Terminal terminal)
    {
        var (from, to) = (CommonOptions.From("as long as it is kept"), CommonOptions.To());
        return Of(terminal, "audit", "All entries of the audit, the newest first", AuditListCommand.Columns, [from, to], (client, parse, ct) => client.ListAuditAsync(
            [("from", parse.GetValue(from) ?? "2000-01-01T00:00:00Z"), ("to", parse.GetValue(to))], PageSize, ct));
    }

    private static Command Of<T>(
        Terminal terminal, string name, string description, IReadOnlyList<Column<T>> columns, IEnumerable<Option> options,
        Func<AtpClient, ParseResult, CancellationToken, IAsyncEnumerable<T>> list)
    {
        var form = OptionRules.OneOfOrFirst("--output", "In which form", "csv", "json");
        form.Aliases.Add("-o");
        var file = new Option<FileInfo?>("--file") { Description = "Where to write it, in place of what is there. Default: standard output" };
        file.AcceptLegalFilePathsOnly();
        var command = new Command(name, description) { form, file };
        foreach (var option in options)
        {
            command.Add(option);
        }

        var server = new ServerOptions();
        server.AddTo(command, answers: false);
        command.SetAction(async (parse, ct) =>
        {
            var progress = new ExportProgress(terminal, name);
            var records = progress.CountAsync(list(server.Connect(parse), parse, ct), ct);
            Task WriteAsync(TextWriter output) => parse.GetValue(form) == "json"
                ? Answers.WriteJsonAsync(output, records, ct)
                : Answers.WriteCsvAsync(output, records, columns, ct);
            var target = parse.GetValue(file);
            await progress.ShowAsync(
                apart: target is not null || !terminal.IsInteractive, () => target is null ? WriteAsync(terminal.Output) : ExportFile.WriteAsync(target, WriteAsync));
            if (target is not null)
            {
                terminal.Say(string.Create(CultureInfo.InvariantCulture, $"{progress.Count:N0} {name} in {target.FullName}"));
            }
        });
        return command;
    }

    private static async IAsyncEnumerable<ScopeAnswer> FiguresAsync(AtpClient client, ParseResult parse, [EnumeratorCancellation] CancellationToken ct)
    {
        var health = await client.GetHealthAsync(null, ct);
        foreach (var scope in health.Site is null ? health.Scopes : health.Scopes.Prepend(health.Site))
        {
            yield return scope;
        }
    }

    private static async IAsyncEnumerable<ScopeAnswer> HistoryAsync(
        AtpClient client, string? scope, string? from, string? to, [EnumeratorCancellation] CancellationToken ct)
    {
        if (from is not null)
        {
            await foreach (var figures in client.ListHistoryAsync(scope, from, to, PageSize, ct))
            {
                yield return figures;
            }

            yield break;
        }

        var end = to is null ? TimeProvider.System.GetUtcNow()
            : DateTimeOffset.TryParse(to, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
            : throw new CommandException($"--to {to} is no time. Example: 2026-01-31T12:00Z");
        for (var start = end - LongestKept; start < end; start += LongestHistory)
        {
            var stop = start + LongestHistory < end ? (start + LongestHistory).AddTicks(-1) : end;
            await foreach (var figures in client.ListHistoryAsync(scope, $"{start:O}", $"{stop:O}", PageSize, ct))
            {
                yield return figures;
            }
        }
    }
}
