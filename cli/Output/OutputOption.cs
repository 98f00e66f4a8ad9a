using System.CommandLine;

namespace Atp.Cli.Output;

/// <summary><c>--output</c>, the same for every command that answers.</summary>
internal sealed class OutputOption
{
    private readonly Option<string?> option = OptionRules.OneOfOrFirst(
        "--output", "A table for people; json, the answer as it came, or csv, for scripts", "table", "json", "csv");

    public OutputOption() => option.Aliases.Add("-o");

    public void AddTo(Command command) => command.Add(option);

    public Answers Answers(Terminal terminal, ParseResult parse) => new(terminal, Enum.Parse<OutputForm>(parse.GetRequiredValue(option)!, ignoreCase: true));
}
