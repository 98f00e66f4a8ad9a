using System.Text.RegularExpressions;

namespace Atp.Functions.Tests.Docs;

/// <summary>docs/troubleshooting.md says what to do about every code that a caller can get.</summary>
public sealed partial class ErrorCodeTests
{
    private static readonly Dictionary<string, string> Statuses = new()
    {
        ["Field"] = "400",
        ["Invalid"] = "400",
        ["Unauthenticated"] = "401",
        ["Forbidden"] = "403",
        ["NotFound"] = "404",
        ["NotAcceptable"] = "406",
        ["Conflict"] = "409",
        ["Stale"] = "412",
        ["TooLarge"] = "413",
        ["UnsupportedContent"] = "415",
        ["RepeatedWithOtherBody"] = "422",
        ["PreconditionMissing"] = "428",
        ["TooManyRequests"] = "429",
        ["Unavailable"] = "503",
    };

    private readonly List<string> sources = [.. new[] { "core", "functions" }
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Pages.Root, folder), "*.cs", SearchOption.AllDirectories))
        // What telemetry names are the attributes of a span.
        .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "Telemetry"))
        .Select(File.ReadAllText)];

    /// <summary>The second column of each code's row.</summary>
    private readonly ILookup<string, string> explained = Row().Matches(File.ReadAllText(Pages.PathOf("troubleshooting.md")))
        .SelectMany(row => Quoted().Matches(row.Groups["codes"].Value).Select(code => (Code: code.Groups[1].Value, Status: row.Groups["status"].Value)))
        .ToLookup(row => row.Code, row => row.Status);

    [Fact]
    public void Every_code_is_explained_and_no_other()
    {
        var actions = Found(Action(), 1).Concat(Found(Action(), 2)).Concat(Found(Action(), 3)).ToHashSet();
        var codes = Found(Dotted(), 1).Where(code => !actions.Contains(code)).Except(Found(Attribute(), 1))
            .Concat(Found(OfFile(), 1).Select(code => $"configuration-file.{code}"))
            .Concat(Found(Merged(), 1).Select(thing => $"{thing}.changed"))
            .Distinct().Order(StringComparer.Ordinal).ToList();

        Assert.True(codes.Count > 100, $"There are {codes.Count} codes only.");
        Assert.Equal([], codes.Where(code => !explained.Contains(code)));
        Assert.Equal([], explained.Select(code => code.Key).Where(code => !codes.Contains(code)));
    }

    [Fact]
    public void Its_status_is_the_one_that_it_comes_with()
    {
        var raised = sources.SelectMany(source => Raised().Matches(source))
            .Select(m => (Code: m.Groups["code"].Value, Status: Statuses[m.Groups["kind"].Value])).Distinct().ToList();

        Assert.True(raised.Count > 50, $"There are {raised.Count} only.");
        Assert.All(raised, code => Assert.Contains(explained[code.Code],
            status => status.Contains(code.Status, StringComparison.Ordinal) || code.Code == "shard.unknown"));
    }

    private IEnumerable<string> Found(Regex pattern, int group) =>
        sources.SelectMany(source => pattern.Matches(source)).Select(m => m.Groups[group].Value).Where(text => text.Length > 0);

    [GeneratedRegex("\"([a-z][a-z-]*\\.(?!json\"|yaml\"|html\"|js\"|css\")[a-z][a-z-]*)\"")]
    private static partial Regex Dotted();

    [GeneratedRegex("SetTag\\(\"([a-z.]+)\"")]
    private static partial Regex Attribute();

    /// <summary>What is audited stands beside who did it.</summary>
    [GeneratedRegex("(?:[Cc]aller|request), (?:\\w+ \\? )?\"([a-z-]+\\.[a-z-]+)\"(?: : \"([a-z-]+\\.[a-z-]+)\")?|\"([a-z-]+\\.[a-z-]+)\", caller")]
    private static partial Regex Action();

    [GeneratedRegex("(?<![A-Za-z.])(?:ConfigurationFile\\.)?Invalid\\(\"([a-z-]+)\"")]
    private static partial Regex OfFile();

    [GeneratedRegex("MergeAsync\\([^;]*?, \"([a-z-]+)\", ct\\)")]
    private static partial Regex Merged();

    [GeneratedRegex("(?:DomainError\\.(?<kind>Field)\\([^;,]+, ?\\s*|DomainError\\.(?<kind>NotFound|Conflict)\\(|ErrorKind\\.(?<kind>[A-Za-z]+), )\"(?<code>[a-z-]+\\.[a-z-]+)\"")]
    private static partial Regex Raised();

    /// <summary>A row of a table of codes: the second column is the status, or empty.</summary>
    [GeneratedRegex("^\\| (?<codes>`[a-z-]+\\.[a-z-]+`[^|]*)\\| (?<status>(?:[0-9]{3}|by line|(?= *\\|))[^|]*)\\|[^|]+\\|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`([a-z-]+\\.[a-z-]+)`")]
    private static partial Regex Quoted();
}
