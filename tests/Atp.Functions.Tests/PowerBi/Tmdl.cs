using System.Text.RegularExpressions;

namespace Atp.Functions.Tests.PowerBi;

/// <summary>An object of a model as TMDL writes it: one a line, what belongs to it one tab deeper, an expression two.</summary>
/// <param name="Keyword">table, column, measure, …</param>
/// <param name="Name">Without quotes; empty for what has none.</param>
/// <param name="Description">The lines before it that begin with three slashes; empty without.</param>
/// <param name="Expression">What stands after its equals sign, or null.</param>
/// <param name="Properties">By name; of a flag the value is <c>true</c>.</param>
/// <param name="Children">In the file's order.</param>
internal sealed record Tmdl(
    string Keyword, string Name, string Description, string? Expression, Dictionary<string, string> Properties, List<Tmdl> Children)
{
    public IEnumerable<Tmdl> Of(string keyword) => Children.Where(child => child.Keyword == keyword);
}

/// <summary>
/// Reads as much of TMDL as the project uses, and refuses everything else, so that a slip of the tab key or of a name is no silent change.
/// </summary>
internal sealed partial class TmdlReader
{
    private static readonly HashSet<string> Objects = ["database", "model", "table", "column", "measure", "partition", "relationship", "expression", "annotation"];

    private static readonly HashSet<string> Flags = ["isHidden", "isKey", "discourageImplicitMeasures", "legacyRedirects", "returnErrorValuesAsNull"];

    private static readonly HashSet<string> Values =
    [
        "compatibilityLevel", "culture", "defaultPowerBIDataSourceVersion", "sourceQueryCulture", "dataCategory", "dataType", "displayFolder",
        "formatString", "fromColumn", "toColumn", "mode", "sortByColumn", "sourceColumn", "summarizeBy",
    ];

    private readonly string file;
    private readonly string[] lines;
    private int next;

    private TmdlReader(string file) => (this.file, lines) = (file, File.ReadAllText(file).TrimEnd('\n').Split('\n'));

    /// <summary>The objects of a file.</summary>
    public static List<Tmdl> Read(string file)
    {
        var all = new Tmdl("file", "", "", null, [], []);
        new TmdlReader(file).Members(all, 0);
        return all.Children;
    }

    private void Members(Tmdl owner, int depth)
    {
        var description = "";
        while (next < lines.Length && (lines[next].Length == 0 || Depth(lines[next]) >= depth))
        {
            var line = lines[next++];
            if (line.Length == 0)
            {
                continue;
            }

            if (Depth(line) != depth || Line().Match(line[depth..]) is not { Success: true } found)
            {
                throw Refused();
            }

            var text = line[depth..];
            if (text.StartsWith("/// ", StringComparison.Ordinal))
            {
                description = $"{description} {text[4..]}".Trim();
            }
            else if (text.StartsWith("ref table ", StringComparison.Ordinal))
            {
                owner.Children.Add(new Tmdl("ref table", text["ref table ".Length..], "", null, [], []));
            }
            else if (found.Groups["value"] is { Success: true } value)
            {
                Add(Values, found.Groups["word"].Value, value.Value);
            }
            else if (text is "source =")
            {
                owner.Properties.Add("source", Expression("", depth));
            }
            else if (text is "dataAccessOptions")
            {
                Members(owner, depth + 1);
            }
            else if (Objects.Contains(found.Groups["word"].Value))
            {
                var expression = found.Groups["equals"].Success ? Expression(found.Groups["expression"].Value, depth) : null;
                var child = new Tmdl(found.Groups["word"].Value, Unquoted(found.Groups["name"].Value), description, expression, [], []);
                owner.Children.Add(child);
                description = "";
                Members(child, depth + 1);
            }
            else
            {
                Add(Flags, text, "true");
            }
        }

        if (description.Length > 0)
        {
            throw Refused();
        }

        void Add(HashSet<string> known, string name, string value)
        {
            if (!known.Contains(name) || !owner.Properties.TryAdd(name, value))
            {
                throw Refused();
            }
        }
    }

    private string Expression(string firstLine, int depth)
    {
        var expression = new List<string>();
        for (; firstLine.Length == 0 && next < lines.Length && Depth(lines[next]) >= depth + 2; next++)
        {
            expression.Add(lines[next][(depth + 2)..]);
        }

        return firstLine.Length > 0 ? firstLine : expression.Count > 0 ? string.Join('\n', expression) : throw Refused();
    }

    private InvalidDataException Refused() => new($"{file}, line {next}: {lines[next - 1]}");

    private static int Depth(string line) => line.Length - line.TrimStart('\t').Length;

    private static string Unquoted(string name) => name.StartsWith('\'') ? name[1..^1].Replace("''", "'", StringComparison.Ordinal) : name;

    [GeneratedRegex(@"^(///.*|(?<word>\w+)(: (?<value>\S.*)|( (?<name>'([^']|'')+'|\w+))*(?<equals> =( (?<expression>\S.*))?)?))$", RegexOptions.ExplicitCapture)]
    private static partial Regex Line();
}
