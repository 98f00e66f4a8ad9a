using System.CommandLine;
using System.Runtime.CompilerServices;
using Atp.Cli.Output;
using Spectre.Console;

namespace Atp.Cli.Doctor;

/// <summary>Says what is wrong with a set-up, also when nothing runs.</summary>
internal static class DoctorCommand
{
    private static readonly IReadOnlyList<Column<Finding>> Columns =
    [
        new("Level", finding => Name(finding.Level)),
        new("Check", finding => finding.Check),
        new("Detail", finding => finding.Detail),
        new("What to do", finding => finding.WhatToDo),
    ];

    public static Command Create(Terminal terminal)
    {
        var command = new Command("doctor", "Say what is wrong with this machine, the server, the token and the site");
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var worst = FindingLevel.Ok;
            var findings = FindAsync(server, parse, ct).Select(finding =>
            {
                worst = finding.Level > worst ? finding.Level : worst;
                return finding;
            });
            var answers = server.Answers(terminal, parse);
            if (answers.IsForPeople)
            {
                await foreach (var finding in findings)
                {
                    Show(terminal, finding);
                }
            }
            else
            {
                await answers.ListAsync(findings, Columns, ct);
            }

            return worst == FindingLevel.Fault ? AtpCommand.Failed : 0;
        });
        return command;
    }

    private static async IAsyncEnumerable<Finding> FindAsync(
        ServerOptions server, ParseResult parse, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var finding in new MachineChecks(server.DataFolder(parse), ServerOptions.DefaultServer.Port).RunAsync().WithCancellation(ct))
        {
            yield return finding;
        }

        Uri? root = null;
        string? fault = null;
        try
        {
            root = server.FindServer(parse);
        }
        catch (CommandException e)
        {
            fault = e.Message;
        }

        if (root is null)
        {
            yield return Finding.Fault("Server", fault!);
            yield break;
        }

        await foreach (var finding in new ServerChecks(root, () => server.Connect(parse), TimeProvider.System).RunAsync(ct))
        {
            yield return finding;
        }
    }

    /// <summary>One line, however long.</summary>
    private static void Show(Terminal terminal, Finding finding)
    {
        var colour = finding.Level switch
        {
            FindingLevel.Ok => Color.Green,
            FindingLevel.Warning => Color.Yellow,
            _ => Color.Red,
        };
        terminal.Console.Write(new Text(Name(finding.Level), new Style(colour)));
        terminal.Say($"{new string(' ', 9 - Name(finding.Level).Length)}{finding.Check,-13} {finding.Detail} {finding.WhatToDo}".TrimEnd());
    }

    private static string Name(FindingLevel level) => level switch
    {
        FindingLevel.Ok => "ok",
        FindingLevel.Warning => "warning",
        _ => "fault",
    };
}
