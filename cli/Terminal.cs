using Spectre.Console;

namespace Atp.Cli;

/// <summary>Where a command reads and writes; the tests give their own.</summary>
public sealed class Terminal
{
    private readonly TerminalLook look;

    /// <param name="output">What the command says.</param>
    /// <param name="error">What went wrong.</param>
    /// <param name="input">Where the Workspace key comes from when nobody types it.</param>
    /// <param name="interactive">A person looks at it: progress bars, and a hidden prompt.</param>
    public Terminal(TextWriter output, TextWriter error, TextReader input, bool interactive)
        : this(output, error, input, new TerminalLook(interactive, interactive, interactive, interactive))
    {
    }

    internal Terminal(TextWriter output, TextWriter error, TextReader input, TerminalLook look)
    {
        this.look = look;
        (Output, Error, Input, IsInteractive, IsErrorInteractive) = (output, error, input, look.Interactive, look.ErrorInteractive);
        Console = NewConsole(output, look.Interactive, look);
        ErrorConsole = NewConsole(error, look.ErrorInteractive, look);
    }

    public TextWriter Output { get; }

    public TextWriter Error { get; }

    public TextReader Input { get; }

    /// <summary>A person reads what is said and can be asked.</summary>
    public bool IsInteractive { get; }

    /// <summary>A person sees standard error, wherever the answer itself goes: progress is shown there.</summary>
    public bool IsErrorInteractive { get; }

    public IAnsiConsole Console { get; }

    public IAnsiConsole ErrorConsole { get; }

    public static Terminal OfProcess() => new(
        System.Console.Out, System.Console.Error, System.Console.In,
        TerminalLook.Of(
            System.Console.IsInputRedirected, System.Console.IsOutputRedirected, System.Console.IsErrorRedirected, Environment.GetEnvironmentVariable));

    /// <summary>Text as it is, in no markup.</summary>
    public void Say(string text) => Output.WriteLine(text);

    public void Complain(string text) => Error.WriteLine(text);

    /// <summary>On standard error, above the bars that may be shown there.</summary>
    public void SayAside(string text)
    {
        if (IsErrorInteractive)
        {
            ErrorConsole.WriteLine(text);
        }
        else
        {
            Complain(text);
        }
    }

    /// <summary>What would be on standard output, as it would look there.</summary>
    internal string Render(Action<Terminal> show)
    {
        using var text = new StringWriter();
        var screen = new Terminal(text, Error, Input, look);
        (screen.Console.Profile.Width, screen.Console.Profile.Capabilities.Ansi, screen.Console.Profile.Capabilities.ColorSystem) =
            (Console.Profile.Width, Console.Profile.Capabilities.Ansi, Console.Profile.Capabilities.ColorSystem);
        show(screen);
        return text.ToString();
    }

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

    private static IAnsiConsole NewConsole(TextWriter writer, bool interactive, TerminalLook look)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = interactive && look.Ansi ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = interactive && look.Colours ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = interactive ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!interactive)
        {
            console.Profile.Width = 120; // what is read by a program or in a log needn't fit a window
        }

        return console;
    }
}
