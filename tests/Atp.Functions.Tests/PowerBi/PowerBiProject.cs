using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Atp.Functions.Tests.Docs;

namespace Atp.Functions.Tests.PowerBi;

/// <summary>What infra/powerbi holds.</summary>
internal static partial class PowerBiProject
{
    public static string Folder { get; } = Path.Combine(Pages.Root, "infra", "powerbi");

    public static IReadOnlyList<Tmdl> Model { get; } = [.. Directory
        .EnumerateFiles(Path.Combine(Folder, "Atp.SemanticModel", "definition"), "*.tmdl", SearchOption.AllDirectories).SelectMany(TmdlReader.Read)];

    /// <summary>In place of the model's own, where the account is closed to analysts.</summary>
    public static IReadOnlyList<Tmdl> FeedExpressions { get; } = TmdlReader.Read(Path.Combine(Folder, "feed", "expressions.tmdl"));

    public static IReadOnlyDictionary<string, Tmdl> Tables { get; } = Model.Where(o => o.Keyword == "table").ToDictionary(table => table.Name);

    public static IReadOnlyDictionary<string, Tmdl> Measures { get; } =
        Tables.Values.SelectMany(table => table.Of("measure")).ToDictionary(m => m.Name);

    /// <summary>The JSON of each visual, by its name.</summary>
    public static IReadOnlyDictionary<string, JsonObject> Visuals { get; } = Directory
        .EnumerateFiles(Path.Combine(Folder, "Atp.Report", "definition", "pages"), "visual.json", SearchOption.AllDirectories)
        .ToDictionary(file => Path.GetFileName(Path.GetDirectoryName(file)!), Json);

    public static JsonObject Json(string file) => JsonNode.Parse(File.ReadAllText(file))!.AsObject();

    /// <summary>Everything that is written in M, by where it stands.</summary>
    public static Dictionary<string, string> Expressions() => Model.Where(o => o.Keyword == "expression").Select(e => (e.Name, e.Expression!))
        .Concat(FeedExpressions.Select(e => ($"the feed's {e.Name}", e.Expression!)))
        .Concat(Tables.Values.SelectMany(table => table.Of("partition").Select(p => ($"table {table.Name}", p.Properties["source"]))))
        .ToDictionary(e => e.Item1, e => e.Item2);

    /// <summary>An expression without its layout.</summary>
    public static string OnOneLine(string expression) =>
        Space().Replace(expression, " ").Replace("( ", "(", StringComparison.Ordinal).Replace(" )", ")", StringComparison.Ordinal);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
