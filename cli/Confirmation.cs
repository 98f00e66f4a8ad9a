using System.CommandLine;
using Spectre.Console;

namespace Atp.Cli;

/// <summary><c>--yes</c>: what can't be undone is asked about first, and not done where nobody can be asked.</summary>
internal sealed class Confirmation
{
    private readonly Option<bool> yes = new("--yes") { Description = "Don't ask" };

    public void AddTo(Command command) => command.Add(yes);

    /// <param name="terminal">Where to ask.</param>
    /// <param name="parse">Says whether that is meant.</param>
    /// <param name="meaning">What will be so, in sentences.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="CommandException">Nobody can be asked, or the answer was no.</exception>
    public async Task AskAsync(Terminal terminal, ParseResult parse, string meaning, CancellationToken ct)
    {
        if (parse.GetValue(yes))
        {
            return;
        }

        if (!terminal.IsInteractive)
        {
            throw new CommandException($"{meaning} Add --yes if that is meant.");
        }

        terminal.Say(meaning);
        if (!await new ConfirmationPrompt("Go on?") { DefaultValue = false }.ShowAsync(terminal.Console, ct))
        {
            throw new CommandException("Nothing was changed.");
        }
    }
}
