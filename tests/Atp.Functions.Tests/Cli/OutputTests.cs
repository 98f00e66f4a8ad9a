using Atp.Cli;
using Atp.Cli.Output;
using Xunit;

namespace Atp.Functions.Tests.Cli;

/// <summary>The three forms of an answer, without a server.</summary>
public sealed class OutputTests : IDisposable
{
    private static readonly Thing[] Things =
    [
        new("pc-1", 3, true, new DateTimeOffset(2026, 1, 31, 13, 30, 0, TimeSpan.FromHours(1)), ["berlin", "pilot"]),
        new("=HYPERLINK(\"http://x\")", -3, false, null, ["-1+1"]),
        new("two\r\nlines, \"quoted\" \u001b[31mred", 1234, false, new DateTimeOffset(2026, 1, 31, 12, 0, 0, 250, TimeSpan.Zero), []),
    ];

    private static readonly IReadOnlyList<Column<Thing>> Columns =
    [
        new("Name", thing => thing.Name),
        new("How many", thing => thing.Count) { Format = "N0" },
        new("Good", thing => thing.Good),
        new("Last seen", thing => thing.At),
        new("Tags", thing => thing.Tags) { InTable = false },
    ];

    private readonly StringWriter output = new();
    private readonly StringWriter error = new();

    public void Dispose()
    {
        output.Dispose();
        error.Dispose();
    }

    [Fact]
    public async Task CSV_is_as_RFC_4180_and_OWASP_have_it()
    {
        await Answers(OutputForm.Csv).ListAsync(Things.ToAsyncEnumerable(), Columns, TestContext.Current.CancellationToken);

        Assert.Equal(
            "name,howMany,good,lastSeen,tags\r\n"
            + "pc-1,3,true,2026-01-31T12:30:00Z,berlin;pilot\r\n"
            + "\"'=HYPERLINK(\"\"http://x\"\")\",-3,false,,'-1+1\r\n"
            + "\"two\r\nlines, \"\"quoted\"\" \u001b[31mred\",1234,false,2026-01-31T12:00:00.25Z,\r\n", output.ToString());
    }

    [Theory]
    [InlineData("=1+1")]
    [InlineData("+1")]
    [InlineData("-1")]
    [InlineData("@SUM(A1)")]
    [InlineData("\t=1")]
    [InlineData("\r=1")]
    public void A_text_that_a_spreadsheet_takes_for_a_formula_is_none_in_CSV(string text) => Assert.Equal("'" + text, Cell.ForCsv(text));

    [Fact]
    public async Task JSON_is_the_records_themselves_as_one_array()
    {
        await Answers(OutputForm.Json).ListAsync(Things.ToAsyncEnumerable(), Columns, TestContext.Current.CancellationToken);

        Assert.StartsWith("[\n  {\n    \"name\": \"pc-1\",\n    \"count\": 3,", output.ToString(), StringComparison.Ordinal);
        Assert.Equal(3, System.Text.Json.JsonDocument.Parse(output.ToString()).RootElement.GetArrayLength());
        output.GetStringBuilder().Clear();
        await Answers(OutputForm.Json).ListAsync(AsyncEnumerable.Empty<Thing>(), Columns, TestContext.Current.CancellationToken);
        Assert.Equal("[]", output.ToString().Trim());
    }

    [Fact]
    public async Task A_table_has_the_same_columns_and_nothing_that_steers_the_terminal()
    {
        await Answers(OutputForm.Table).ListAsync(Things.ToAsyncEnumerable(), Columns, TestContext.Current.CancellationToken);

        Assert.Contains("How many", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("1,234", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("2026-01-31 12:30:00Z", output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("berlin", output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', output.ToString());
    }

    [Theory]
    [InlineData(OutputForm.Csv)]
    [InlineData(OutputForm.Json)]
    public async Task Records_are_written_while_they_come(OutputForm form)
    {
        var seen = new List<int>();

        await Answers(form).ListAsync(Coming(), Columns, TestContext.Current.CancellationToken);

        Assert.Equal([0, 1, 2], seen);

        async IAsyncEnumerable<Thing> Coming()
        {
            foreach (var thing in Things)
            {
                await Task.Yield();
                yield return thing;
                seen.Add(Things.Index().First(other => other.Item == thing).Index);
                Assert.Contains(form == OutputForm.Csv ? Cell.ForCsv(thing.Count) : $"\"count\": {thing.Count}", output.ToString(), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_list_that_goes_on_says_so_aside()
    {
        await Answers(OutputForm.Csv).ListAsync(Things.ToAsyncEnumerable(), Columns, 2, "--name narrows it down", TestContext.Current.CancellationToken);

        Assert.Equal("There are more than these 2: --top shows more, --name narrows it down.", error.ToString().Trim());
        Assert.DoesNotContain("lines", output.ToString(), StringComparison.Ordinal);
        error.GetStringBuilder().Clear();
        await Answers(OutputForm.Csv).ListAsync(Things.ToAsyncEnumerable(), Columns, 3, null, TestContext.Current.CancellationToken);
        Assert.Empty(error.ToString());
    }

    [Theory]
    // A person at a terminal; then what is piped; then what the person asked for.
    [InlineData(false, false, false, null, "xterm", true, true, true, true)]
    [InlineData(false, true, false, null, "xterm", false, true, true, true)]
    [InlineData(true, false, true, null, "xterm", false, false, true, true)]
    [InlineData(false, false, false, "1", "xterm", true, true, true, false)]
    [InlineData(false, false, false, "", "xterm", true, true, true, true)]
    [InlineData(false, false, false, null, "dumb", true, false, false, false)]
    public void Colours_and_bars_are_for_a_person_at_a_terminal_that_can(
        bool input, bool output, bool error, string? noColor, string? term, bool interactive, bool bars, bool ansi, bool colours) => Assert.Equal(
        new TerminalLook(interactive, bars, ansi, colours),
        TerminalLook.Of(input, output, error, name => name == "NO_COLOR" ? noColor : name == "TERM" ? term : null));

    private Answers Answers(OutputForm form) => new(new Terminal(output, error, TextReader.Null, interactive: false), form);

    private sealed record Thing(string Name, int Count, bool Good, DateTimeOffset? At, IReadOnlyList<string> Tags);
}
