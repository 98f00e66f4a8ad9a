using System.Text;
using Atp.Cli;

namespace Atp.Functions.Tests.Cli;

/// <summary>Where nobody looks there are no bars, but a line now and then.</summary>
public sealed class PhaseBoardTests
{
    private readonly StringBuilder output = new();
    private readonly StringBuilder error = new();

    [Fact]
    public async Task A_long_phase_says_now_and_then_how_far_it_is_and_what_holds_it_up()
    {
        var phase = new Phase("import", "devices", null);
        var end = new TaskCompletionSource();
        var board = Board();

        var shown = board.ShowAsync([phase], () => phase.MeasureAsync(() => end.Task));
        phase.Set(250, 1000);
        await SaidAsync("  import               250 devices, 25 %");
        phase.Note = "The server doesn't answer; still trying, since 00:12";
        await SaidAsync(phase.Note);
        phase.Note = null;
        phase.Set(40, 80, 1000);
        await SaidAsync("  import             1,000 devices, 50 %");
        phase.Set(1000, 1000, 1000);
        end.SetResult();
        await shown;

        Assert.Equal(3, error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length); // nothing is said twice
        Assert.Matches(@"^  import +1,000 devices +\d+\.\d s", output.ToString());
    }

    [Fact]
    public async Task What_fails_in_a_phase_gets_through()
    {
        var phase = new Phase("import", "devices", null);

        await Assert.ThrowsAsync<CommandException>(() => Board().ShowAsync([phase], () => throw new CommandException("no")));
        await Assert.ThrowsAsync<CommandException>(() => Board().ShowAsync([phase], () => Task.FromException(new CommandException("no"))));

        Assert.Empty(output.ToString());
    }

    private PhaseBoard Board() =>
        new(new Terminal(new StringWriter(output), TextWriter.Synchronized(new StringWriter(error)), TextReader.Null, interactive: false)) { LineEvery = TimeSpan.FromMilliseconds(20) };

    private Task SaidAsync(string line) => Eventually.TrueAsync(() => Task.FromResult(error.ToString().Contains(line, StringComparison.Ordinal)));
}
