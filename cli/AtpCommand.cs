using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Atp.Cli.Audit;
using Atp.Cli.Client;
using Atp.Cli.Collections;
using Atp.Cli.Completion;
using Atp.Cli.Deployments;
using Atp.Cli.Devices;
using Atp.Cli.Doctor;
using Atp.Cli.Exports;
using Atp.Cli.Health;
using Atp.Cli.Poison;
using Atp.Cli.Policies;
using Atp.Cli.Samples;
using Atp.Cli.Simulation;
using Atp.Cli.Site;
using Atp.Cli.Tokens;
using Atp.Cli.Up;
using Atp.Local;

namespace Atp.Cli;

/// <summary>The <c>atp</c> command.</summary>
public static class AtpCommand
{
    public const int Failed = 1;
    public const int WrongUsage = 2;

    /// <summary>The whole stack gets this long to stop after Ctrl-C.</summary>
    private static readonly TimeSpan StoppingTime = TimeSpan.FromSeconds(30);

    /// <returns>0 done, 1 failed, 2 wrong usage.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken ct)
    {
        var parse = Create(terminal).Parse(arguments);
        if (parse.Action is ParseErrorAction)
        {
            ExplainUsage(parse, arguments, terminal);
            return WrongUsage;
        }

        try
        {
            return await parse.InvokeAsync(
                new InvocationConfiguration
                {
                    EnableDefaultExceptionHandler = false,
                    Output = terminal.Output,
                    Error = terminal.Error,
                    ProcessTerminationTimeout = StoppingTime,
                },
                ct);
        }
        catch (ProblemException problem)
        {
            terminal.Complain(problem.ToText());
            foreach (var hint in ProblemHints.For(problem))
            {
                terminal.Complain(hint);
            }
        }
        catch (CommandException e)
        {
            terminal.Complain(e.Message);
        }
        catch (LocalStackException e)
        {
            terminal.Complain(e.Message);
        }
        catch (OperationCanceledException)
        {
            terminal.Complain("Stopped.");
        }

        return Failed;
    }

    private static void ExplainUsage(ParseResult parse, IReadOnlyList<string> arguments, Terminal terminal)
    {
        if (arguments.Any(argument => argument.StartsWith("--workspace-key", StringComparison.OrdinalIgnoreCase)))
        {
            // The parser's own message would repeat the key.
            terminal.Complain(
                "There is no --workspace-key: a command line is seen by others. The key is asked for, or read as one line of standard input.");
            return;
        }

        if (parse.UnmatchedTokens is [var unknown, ..])
        {
            // Whatever else is wrong follows from that.
            terminal.Complain($"There is no {(unknown.StartsWith('-') ? "option" : "command")} '{unknown}' here.");
            var near = Nearest.To(unknown, parse.CommandResult.Command);
            terminal.Complain(near.Count > 0
                ? $"Did you mean {string.Join(" or ", near.Select(name => $"'{name}'"))}?"
                : $"`{PathOf(parse.CommandResult)} --help` says what there is.");
            return;
        }

        // What the library says of a value's type in .NET's terms, the option's own rule has said in people's.
        foreach (var error in parse.Errors.GroupBy(error => error.SymbolResult).Select(ofOne => ofOne.First()))
        {
            terminal.Complain(error.Message);
        }

        terminal.Complain($"`{PathOf(parse.CommandResult)} --help` says what there is.");
    }

    /// <summary>The command as it is typed, without its arguments.</summary>
    private static string PathOf(CommandResult result) => result.Parent is CommandResult parent ? $"{PathOf(parent)} {result.Command.Name}" : "atp";

    internal static RootCommand Create(Terminal terminal)
    {
        var root = Commands(terminal);
        root.Options.Remove(root.Options.OfType<HelpOption>().Single());
        root.Add(new HelpOption("--help", "-h") { Action = new HelpAction { MaxWidth = terminal.Console.Profile.Width } });
        var suggest = root.Directives.OfType<SuggestDirective>().Single();
        suggest.Action = new SuggestAction(suggest);
        return root;
    }

    private static RootCommand Commands(Terminal terminal) => new("Microsoft Defender ATP policies: the service on this machine, and commands for any server")
    {
        UpCommand.Create(terminal),
        PolicyCommand.Create(terminal),
        CollectionCommand.Create(terminal),
        DeviceCommand.Create(terminal),
        DeployCommand.Create(terminal),
        DeploymentCommand.Create(terminal),
        StatusCommand.Create(terminal),
        HistoryCommand.Create(terminal),
        ExportCommand.Create(terminal),
        SiteCommand.Create(terminal),
        AuditCommand.Create(terminal),
        PoisonCommand.Create(terminal),
        DoctorCommand.Create(terminal),
        SimulateCommand.Create(terminal),
        SamplePackageCommand.Create(terminal),
        TokenCommand.Create(terminal),
        CompletionCommand.Create(terminal),
    };
}
