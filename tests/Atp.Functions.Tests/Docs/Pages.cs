using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Atp.Functions.Tests.Docs;

/// <summary>The pages for people: README.md and those of docs/.</summary>
internal static partial class Pages
{
    public static string Root { get; } = RootFolder();

    public static IReadOnlyList<string> All { get; } =
        [Path.Combine(Root, "README.md"), .. Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md").Order(StringComparer.Ordinal)];

    public static string PathOf(string name) => Path.Combine(Root, "docs", name);

    /// <summary>What stands outside the blocks of code.</summary>
    public static string Prose(string text) => Block().Replace(text, "");

    /// <summary>The anchors of a page's headings, as GitHub makes them.</summary>
    public static HashSet<string> Anchors(string text)
    {
        var anchors = new HashSet<string>(StringComparer.Ordinal);
        foreach (var heading in Heading().Matches(Prose(text)).Select(m => m.Groups[1].Value))
        {
            var plain = new StringBuilder();
            foreach (var c in heading.Trim().ToLowerInvariant())
            {
                plain.Append(c == ' ' ? "-" : char.IsLetterOrDigit(c) || c is '-' or '_' ? c : "");
            }

            var anchor = plain.ToString();
            var unique = anchor;
            for (var n = 1; !anchors.Add(unique); n++)
            {
                unique = $"{anchor}-{n}";
            }
        }

        return anchors;
    }

    [GeneratedRegex(@"^```(?<language>\w*)\n(?<text>.*?)^```\n?", RegexOptions.Multiline | RegexOptions.Singleline)]
    internal static partial Regex Block();

    [GeneratedRegex("^#{1,6} (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    private static string RootFolder([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", ".."));
}
