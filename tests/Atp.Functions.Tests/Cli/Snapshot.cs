using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Atp.Functions.Tests.Cli;

/// <summary>
/// Output that is compared with a committed file, letter for letter, once ids, times and the like have been replaced by what doesn't
/// change. With ATP_ACCEPT_SNAPSHOTS=1 the file is written anew and the test fails that once, so that nobody accepts by accident.
/// </summary>
internal static partial class Snapshot
{
    private const string AcceptVariable = "ATP_ACCEPT_SNAPSHOTS";

    public static void Verify(string name, string text) => VerifyFile(Path.Combine(Folder(), $"{name}.txt"), Normalized(text));

    /// <summary>As it is.</summary>
    public static void VerifyFile(string file, string actual)
    {
        var expected = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "";
        if (actual == expected)
        {
            return;
        }

        if (Environment.GetEnvironmentVariable(AcceptVariable) == "1")
        {
            File.WriteAllText(file, actual);
            Assert.Fail($"{file} was written anew. Look at the change, and run again without {AcceptVariable}.");
        }

        Assert.Fail($"{file} says otherwise (- as it says, + as it is). If the change is meant: {AcceptVariable}=1 and run once.\n{Difference(expected, actual)}");
    }

    /// <summary>Of the same length where a table is laid out by it.</summary>
    private static string Normalized(string text)
    {
        var ids = new Dictionary<string, string>();
        text = text.ReplaceLineEndings("\n");
        text = Address().Replace(text, "http://server");
        text = Moment().Replace(text, match => match.Value[10] == 'T' ? "TIME" : "TIME".PadRight(match.Length, '.'));
        text = BrokenMoment().Replace(text, match => (match.Value[2] == ':' ? "HOUR" : "DAY").PadRight(match.Length, '.'));
        text = Hash().Replace(text, match => "SHA256".PadRight(match.Length, '.'));
        text = Trace().Replace(text, match => "TRACE".PadRight(match.Length, '.'));
        return Id().Replace(text, match => ids.TryGetValue(match.Value, out var known) ? known
            : ids[match.Value] = string.Create(CultureInfo.InvariantCulture, $"ID-{ids.Count + 1}").PadRight(match.Length, '.'));
    }

    /// <summary>The lines between the first and the last that differ, and two around them.</summary>
    private static string Difference(string expected, string actual)
    {
        var (before, after) = (expected.Split('\n'), actual.Split('\n'));
        var shortest = Math.Min(before.Length, after.Length);
        var start = 0;
        while (start < shortest && before[start] == after[start])
        {
            start++;
        }

        var end = 0;
        while (end < shortest - start && before[^(end + 1)] == after[^(end + 1)])
        {
            end++;
        }

        var difference = new StringBuilder();
        foreach (var (mark, lines) in new[] { (' ', before[Math.Max(0, start - 2)..start]), ('-', before[start..^end]), ('+', after[start..^end]), (' ', after[^end..].Take(2)) })
        {
            difference.AppendJoin('\n', lines.Select(line => $"{mark} {line}")).Append('\n');
        }

        return difference.ToString();
    }

    private static string Folder([CallerFilePath] string thisFile = "") => Path.Combine(Path.GetDirectoryName(thisFile)!, "Snapshots");

    [GeneratedRegex(@"http://(127\.0\.0\.1|localhost):[0-9]+")]
    private static partial Regex Address();

    [GeneratedRegex(@"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\dZ| UTC)|T\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00))")]
    private static partial Regex Moment();

    /// <summary>Over the end of a line.</summary>
    [GeneratedRegex(@"\b(\d{4}-\d\d-\d\d|\d\d:\d\d(:\d\dZ| UTC))")]
    private static partial Regex BrokenMoment();

    [GeneratedRegex(@"\b[0-9a-f]{64}\b")]
    private static partial Regex Hash();

    [GeneratedRegex(@"\b[0-9a-f]{32}\b")]
    private static partial Regex Trace();

    [GeneratedRegex(@"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")]
    private static partial Regex Id();
}
