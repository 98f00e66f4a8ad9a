using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Invocation;
using System.Globalization;

namespace Atp.Cli.Completion;

/// <summary>
/// Answers <c>atp [suggest:POSITION] LINE</c>, which the shells' scripts ask: a line for each proposal, and after a tab what it is. The
/// library's own action proposes whatever has the word in it anywhere, and can't say what an id stands for.
/// </summary>
internal sealed class SuggestAction(SuggestDirective directive) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        var line = parseResult.UnmatchedTokens is [.., var last] ? last : "";
        var position = parseResult.GetResult(directive)?.Values is [var text, ..]
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? Math.Min(number, line.Length) : line.Length;
        var asked = parseResult.RootCommandResult.Command.Parse(line);
        var word = line[..position].Split(' ')[^1];
        foreach (var item in asked.GetCompletions(position))
        {
            if (item.Kind == LiveIds.Kind)
            {
                parseResult.InvocationConfiguration.Output.WriteLine(item.Label);
            }
            else if (item.Label.StartsWith(word, StringComparison.OrdinalIgnoreCase) && (word.Length > 0 || item.Label[0] != '-'))
            {
                parseResult.InvocationConfiguration.Output.WriteLine(item.Detail is null ? item.Label : $"{item.Label}\t{item.Detail}");
            }
        }

        return 0;
    }
}
