using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Atp.Functions.Tests.Docs;

/// <summary>A block of commands of a page, and the block right beneath it that shows what they answer.</summary>
/// <param name="Commands">As a reader pastes them.</param>
/// <param name="Shown">Null when the page doesn't show it.</param>
internal sealed record CommandBlock(string Commands, ShownOutput? Shown);

/// <param name="Language"><c>text</c>, or <c>json</c>, which is indented here whatever the command prints.</param>
/// <param name="Text">What the page shows.</param>
/// <param name="Start">Where it stands in the page.</param>
internal sealed record ShownOutput(string Language, string Text, int Start);

/// <summary>
/// A page whose commands are run by a test, which compares what they print with what the page shows. With
/// <c>ATP_ACCEPT_SNAPSHOTS=1</c> the page is written anew from the run.
/// </summary>
internal sealed partial class CommandPage(string name)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string path = Pages.PathOf(name);
    private readonly string text = File.ReadAllText(Pages.PathOf(name));

    /// <summary>The blocks of a language, in their order.</summary>
    public IReadOnlyList<CommandBlock> Blocks(string language)
    {
        var found = Pages.Block().Matches(text);
        return [.. found.Where(block => block.Groups["language"].Value == language).Select(block => new CommandBlock(
            block.Groups["text"].Value,
            block.NextMatch() is { Success: true } next && next.Groups["language"].Value is "text" or "json"
                && string.IsNullOrWhiteSpace(text[(block.Index + block.Length)..next.Index])
                    ? new ShownOutput(next.Groups["language"].Value, next.Groups["text"].Value, next.Groups["text"].Index)
                    : null))];
    }

    /// <summary>Compares what each block printed with what the page shows of it.</summary>
    /// <param name="blocks">Those that were run.</param>
    /// <param name="printed">What each printed.</param>
    public void MustShow(IReadOnlyList<CommandBlock> blocks, IReadOnlyList<string> printed)
    {
        var all = new List<(ShownOutput Shown, string Printed)>();
        for (var i = 0; i < blocks.Count; i++)
        {
            if (blocks[i].Shown is { } shown)
            {
                all.Add((shown, shown.Language == "json"
                    ? JsonNode.Parse(printed[i])!.ToJsonString(Indented) + "\n"
                    : string.Concat(printed[i].TrimEnd().Split('\n').Select(line => line.TrimEnd() + "\n"))));
            }
        }

        var differing = all.Where(output => Comparable(output.Printed) != Comparable(output.Shown.Text)).ToList();
        if (differing.Count > 0 && Environment.GetEnvironmentVariable("ATP_ACCEPT_SNAPSHOTS") == "1")
        {
            // All of them, so that the page shows one run.
            var rewritten = new StringBuilder(text);
            foreach (var (shown, actual) in Enumerable.Reverse(all))
            {
                rewritten.Remove(shown.Start, shown.Text.Length).Insert(shown.Start, ServicePort().Replace(actual, "$1:7071/api"));
            }

            File.WriteAllText(path, rewritten.ToString());
            return;
        }

        Assert.True(differing.Count == 0, string.Join("\n\n", differing.Select(d =>
            $"{name} shows:\n{d.Shown.Text}\nand the command printed:\n{d.Printed}\nRun with ATP_ACCEPT_SNAPSHOTS=1 to take that over.")));
    }

    /// <summary>Without what differs from run to run, and without the widths of columns that follow from it.</summary>
    private static string Comparable(string output)
    {
        foreach (var (pattern, stands) in new[]
        {
            (Uuid(), "ID"), (Trace(), "TRACE"), (Hash(), "HASH"), (Length(), "LENGTH"), (Time(), "TIME"), (Date(), "DATE"), (Clock(), "CLOCK"), (Run(), "RUN"), (Port(), "$1:PORT"), (Base64(), "BASE64"), (Password(), "$1PASSWORD"),
            (Duration(), "DURATION"), (Lines(), "$1"), (Blanks(), " "),
        })
        {
            output = pattern.Replace(output, stands);
        }

        return output.Trim();
    }

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Uuid();

    [GeneratedRegex("00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-9]")]
    private static partial Regex Trace();

    [GeneratedRegex("[0-9a-f]{64}|[0-9a-f]{32}")]
    private static partial Regex Hash();

    [GeneratedRegex("\"length\": [0-9]+")] // a certificate in a sample file may have a byte more
    private static partial Regex Length();

    [GeneratedRegex(@"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|\+00:00| UTC)?")]
    private static partial Regex Time();

    [GeneratedRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}")]
    private static partial Regex Date();

    /// <summary>Of a time that a table breaks in two.</summary>
    [GeneratedRegex("\\b[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z| UTC)")]
    private static partial Regex Clock();

    [GeneratedRegex("fleet[0-9]{12}")]
    private static partial Regex Run();

    [GeneratedRegex("(127\\.0\\.0\\.1|localhost):[0-9]+")]
    private static partial Regex Port();

    /// <summary>The page has the usual one, whichever the test took.</summary>
    [GeneratedRegex("(127\\.0\\.0\\.1):[0-9]+/api")]
    private static partial Regex ServicePort();

    [GeneratedRegex("[A-Za-z0-9+/_-]{40,}={0,2}")]
    private static partial Regex Base64();

    [GeneratedRegex(@"\b[0-9][0-9.,]* ?(ms|s|min|seconds?|MiB|MB|/s)\b")]
    private static partial Regex Duration();

    [GeneratedRegex("(Sign in with +)[a-z0-9]+")]
    private static partial Regex Password();

    [GeneratedRegex("([─━═])+")]
    private static partial Regex Lines();

    [GeneratedRegex("[ \t]+")]
    private static partial Regex Blanks();
}
