namespace Atp.Cli;

/// <summary>What may be shown beside text.</summary>
/// <param name="Interactive">A person reads standard output and types: prompts.</param>
/// <param name="ErrorInteractive">A person sees standard error: progress bars.</param>
/// <param name="Ansi">The terminal knows more than lines of text.</param>
/// <param name="Colours">They are wanted, where a person looks.</param>
internal sealed record TerminalLook(bool Interactive, bool ErrorInteractive, bool Ansi, bool Colours)
{
    /// <param name="inputRedirected">From a file or a pipe.</param>
    /// <param name="outputRedirected">To a file or a pipe.</param>
    /// <param name="errorRedirected">To a file or a pipe.</param>
    /// <param name="environment">A variable's value; null when it isn't set.</param>
    public static TerminalLook Of(bool inputRedirected, bool outputRedirected, bool errorRedirected, Func<string, string?> environment)
    {
        var ansi = environment("TERM") != "dumb";
        return new TerminalLook(
            !inputRedirected && !outputRedirected, ansi && !errorRedirected, ansi,
            ansi && string.IsNullOrEmpty(environment("NO_COLOR"))); // https://no-color.org
    }
}
