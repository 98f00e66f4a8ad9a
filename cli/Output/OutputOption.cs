using System.CommandLine;

namespace Atp.Cli.Output;

/// <summary><c>--output</c>, the same for every command that answers.</summary>
internal sealed class OutputOption
{
    private static readonly Dictionary<string, OutputForm> Forms = new(StringComparer.OrdinalIgnoreCase)
    {
        ["table"] = OutputForm.Table,
        ["json"] = OutputForm.Json,
        ["csv"] = OutputForm.Csv,
    };

    private readonly Option<OutputForm> option = new("--output", "-o")
    {
        Description = "table for people; json, the answer as it came, and csv for scripts",
        HelpName = "table|json|csv",
        DefaultValueFactory = _ => OutputForm.Table,
        CustomParser = result =>
        {
            if (Forms.TryGetValue(result.Tokens[0].Value, out var form))
            {
                return form;
            }

            result.AddError($"--output {result.Tokens[0].Value}: there is table, json and csv.");
            return OutputForm.Table;
        },
    };

    public OutputOption()
    {
        option.CompletionSources.Clear();
        option.CompletionSources.Add([.. Forms.Keys]);
    }

    public void AddTo(Command command) => command.Add(option);

    public Answers Answers(Terminal terminal, ParseResult parse) => new(terminal, parse.GetValue(option));
}
