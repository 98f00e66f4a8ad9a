using System.CommandLine;
using System.Globalization;
using System.Runtime.CompilerServices;
using Atp.Cli.Client;
using Atp.Cli.Output;

namespace Atp.Cli.Audit;

internal static class AuditListCommand
{
    private const string Intended = "Intended";
    private const int PageSize = 1000;

    /// <summary>What a list says of an entry.</summary>
    public static readonly IReadOnlyList<Column<AuditEntryAnswer>> Columns =
    [
        new("At", entry => entry.At) { IsWhole = true },
        new("Caller", entry => entry.CallerName),
        new("Address", entry => entry.Address),
        new("Action", entry => entry.Action),
        new("Subject", entry => entry.Subject) { IsWhole = true },
        new("Outcome", entry => entry.Outcome),
        new("Detail", entry => entry.Outcome == Intended ? "outcome not recorded: under way, or the process died" : entry.Detail),
        new("Caller id", entry => entry.CallerId) { InTable = false },
        new("Correlation id", entry => entry.CorrelationId) { InTable = false },
        new("Id", entry => entry.Id) { InTable = false },
    ];

    public static Command Create(Terminal terminal)
    {
        var from = CommonOptions.From("30 days before the end");
        var to = CommonOptions.To();
        var subject = new Option<string?>("--subject") { Description = "About this thing: the id of a policy, a device, …" };
        var caller = new Option<string?>("--caller") { Description = "By this caller: the id of an administrator, device:ID, or service" };
        var action = new Option<string?>("--action") { Description = "This action: policy.create, …; or all that start so: policy." };
        var outcome = new Option<string?>("--outcome") { Description = "Done, Failed, or Intended: what was begun and has no recorded outcome" };
        outcome.CompletionSources.Add("Done", "Failed", Intended);
        var correlation = new Option<string?>("--correlation") { Description = "Of this call: the traceId that an error shows" };
        var top = CommonOptions.Top();
        var command = new Command("list", "List who did what to which thing, newest first") { from, to, subject, caller, action, outcome, correlation, top };
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var most = parse.GetValue(top);
            var unfinishedOnly = string.Equals(parse.GetValue(outcome), Intended, StringComparison.OrdinalIgnoreCase);
            var client = server.Connect(parse);
            var entries = client.ListAuditAsync(
                [
                    ("from", parse.GetValue(from)), ("to", parse.GetValue(to)), ("subject", parse.GetValue(subject)), ("caller", parse.GetValue(caller)),
                    ("action", parse.GetValue(action)), ("outcome", unfinishedOnly ? null : parse.GetValue(outcome)),
                    ("correlationId", parse.GetValue(correlation)),
                ], unfinishedOnly ? PageSize : Math.Min(2 * most, PageSize), ct);
            await server.Answers(terminal, parse).ListAsync(
                WithoutFinishedIntentsAsync(client, entries, ct).Where(entry => !unfinishedOnly || entry.Outcome == Intended),
                Columns, most, "the other options narrow it down", ct);
        });
        return command;
    }

    /// <summary>A change is told by its result. What was intended is shown only where there is none.</summary>
    private static async IAsyncEnumerable<AuditEntryAnswer> WithoutFinishedIntentsAsync(
        AtpClient client, IAsyncEnumerable<AuditEntryAnswer> entries, [EnumeratorCancellation] CancellationToken ct)
    {
        var finished = new HashSet<string>();
        await foreach (var entry in entries.WithCancellation(ct))
        {
            if (entry.IntentId is not null)
            {
                finished.Add(entry.IntentId);
            }

            // The result is listed before, unless the conditions leave it out.
            if (entry.Outcome != Intended || !(finished.Remove(entry.Id) || await HasResultAsync(client, entry, ct)))
            {
                yield return entry;
            }
        }
    }

    private static ValueTask<bool> HasResultAsync(AtpClient client, AuditEntryAnswer intent, CancellationToken ct) => client.ListAuditAsync(
        [
            ("from", intent.At.ToString("O", CultureInfo.InvariantCulture)), ("subject", intent.Subject), ("action", intent.Action),
            ("correlationId", intent.CorrelationId),
        ], PageSize, ct).AnyAsync(entry => entry.IntentId == intent.Id, ct);
}
