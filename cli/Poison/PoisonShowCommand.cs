using System.CommandLine;
using System.Globalization;
using Atp.Cli.Client;
using Atp.Cli.Output;

namespace Atp.Cli.Poison;

internal static class PoisonShowCommand
{
    private static readonly IReadOnlyList<Column<PoisonMessageAnswer>> Columns =
    [
        new("Id", message => message.Id) { IsWhole = true },
        new("Poisoned at", message => message.PoisonedAt),
        new("Expires at", message => message.ExpiresAt) { InTable = false },
        new("Dequeue count", message => message.DequeueCount) { InTable = false },
        new("Bytes", message => message.Length) { Format = "N0" },
        new("Sha256", message => message.Sha256) { InTable = false },
        new("Says", Says),
        new("Fault", message => message.Fault),
    ];

    public static Command Create(Terminal terminal)
    {
        var queue = PoisonCommand.QueueArgument();
        var command = new Command("show", "The first 32 messages of a queue that were given up, as far as they may be shown") { queue };
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var answer = await server.Connect(parse).ShowPoisonAsync(parse.GetRequiredValue(queue), ct);
            server.Answers(terminal, parse).One(answer, answer.Value, Columns, () => Show(terminal, answer));
        });
        return command;
    }

    private static void Show(Terminal terminal, PoisonMessagesAnswer answer)
    {
        if (answer.Value.Count > 0)
        {
            terminal.ShowTable(answer.Value, Columns);
        }

        var all = answer.Poisoned.ToString("N0", CultureInfo.InvariantCulture);
        terminal.Say(answer.Poisoned > answer.Value.Count
            ? $"The first {answer.Value.Count} of {all} messages of {answer.Queue} that were given up"
            : $"{all} messages of {answer.Queue} were given up");
        if (answer.Poisoned > 0)
        {
            terminal.Say($"Once the cause is gone, `atp poison replay {answer.Queue}` puts them back.");
        }
    }

    private static string Says(PoisonMessageAnswer message)
    {
        var fields = message.Fields.Where(field => field.Name is not ("v" or "traceparent")).Select(field => $"{field.Name} {field.Value}");
        var reports = message.Reports.Select(Says);
        var more = message.ReportCount > message.Reports.Count ? new[] { $"and {message.ReportCount - message.Reports.Count} more" } : [];
        return string.Join("\n", [.. fields, .. reports, .. more]);
    }

    private static string Says(PoisonReportAnswer report)
    {
        var from = report.DeviceId ?? "nobody";
        if (report.ReportedAt is not { } at)
        {
            return $"{from}: {report.Fault}";
        }

        var state = $"{(report.OnboardingState == 1 ? "onboarded" : "not onboarded")}, service {(report.SenseIsRunning == true ? "running" : "not running")}";
        var result = report.Result is null ? "" : $", {report.Result} {report.ErrorCode}".TrimEnd();
        return string.Create(CultureInfo.InvariantCulture, $"{from}, {at.UtcDateTime:u}: {state}{result}");
    }
}
