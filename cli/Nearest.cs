using System.CommandLine;

namespace Atp.Cli;

/// <summary>Proposes what was probably meant by a word that there isn't.</summary>
internal static class Nearest
{
    private const int FarthestEdits = 3;

    /// <summary>Commands or options, the nearest only; none when nothing is near.</summary>
    public static IReadOnlyList<string> To(string word, Command command)
    {
        var names = word.StartsWith('-')
            ? command.Options.Concat(command.Parents.SelectMany(parent => parent is Command above ? above.Options.Where(option => option.Recursive) : []))
                .Select(option => option.Name)
            : command.Subcommands.Select(subcommand => subcommand.Name);
        var near = names.Select(name => (Name: name, Edits: Edits(word, name)))
            .Where(candidate => candidate.Edits <= FarthestEdits && candidate.Edits < candidate.Name.Length / 2 + 1)
            .ToLookup(candidate => candidate.Edits, candidate => candidate.Name);
        return near.MinBy(group => group.Key)?.Order(StringComparer.Ordinal).ToList() ?? [];
    }

    /// <summary>How many letters must be changed, put in or taken out (Levenshtein's distance).</summary>
    private static int Edits(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var changed = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
