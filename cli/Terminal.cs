using System.Text.Json;
using Atp.Cli.Client;
using Spectre.Console;

namespace Atp.Cli;

/// <summary>Where a command reads and writes; the tests give their own.</summary>
public sealed class Terminal
{
    private static readonly JsonSerializerOptions Indented = new(AtpClient.Json) { WriteIndented = true };

    /// <param name="output">What the command says.</param>
    /// <param name="error">What went wrong.</param>
    /// <param name="input">Where the Workspace key comes from when nobody types it.</param>
    /// <param name="interactive">A person looks at it: progress bars, and a hidden prompt.</param>
    public Terminal(TextWriter output, TextWriter error, TextReader input, bool interactive)
    {
        (Output, Error, Input, IsInteractive) = (output, error, input, interactive);
        Console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = interactive ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = interactive ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!interactive)
        {
            Console.Profile.Width = 120; // what is read by a program or in a log needn't fit a window
        }
    }

    public TextWriter Output { get; }

    public TextWriter Error { get; }

    public TextReader Input { get; }

    public bool IsInteractive { get; }

    public IAnsiConsole Console { get; }

    public static Terminal OfProcess() => new(
        System.Console.Out, System.Console.Error, System.Console.In,
        !System.Console.IsOutputRedirected && !System.Console.IsInputRedirected);

    /// <summary>Text as it is, in no markup.</summary>
    public void Say(string text) => Output.WriteLine(text);

    public void SayJson(object answer) => Output.WriteLine(JsonSerializer.Serialize(answer, answer.GetType(), Indented));

    public void Complain(string text) => Error.WriteLine(text);

    /// <summary>A hidden prompt for a person, else one line of standard input.</summary>
    /// <exception cref="CommandException">When there is none.</exception>
    public async Task<string> ReadSecretAsync(string prompt, CancellationToken ct)
    {
        var text = IsInteractive
            ? await new TextPrompt<string>(prompt).Secret(null).AllowEmpty().ShowAsync(Console, ct)
            : await Input.ReadLineAsync(ct);
        return string.IsNullOrWhiteSpace(text)
            ? throw new CommandException($"{prompt} is needed: type it at the prompt, or give it as one line on standard input.")
            : text.Trim();
    }
}
