using Atp.Cli;
using Atp.Cli.Up;
using Xunit;

namespace Atp.Functions.Tests.Cli;

public sealed class FiguresTests
{
    private static readonly Figures Truth = new(
        new Dictionary<string, int> { ["Success"] = 7, ["Error"] = 1 },
        new Dictionary<string, int> { ["healthy"] = 6, ["inactive"] = 1 },
        new Dictionary<string, int> { ["devices"] = 9 });

    [Fact]
    public void Equal_figures_give_exit_code_0() => Assert.Equal(0, Result(Truth).ExitCode);

    [Fact]
    public void A_device_that_is_counted_twice_gives_exit_code_1_and_is_named()
    {
        var counted = Truth with { Deployment = new Dictionary<string, int> { ["Success"] = 8, ["Error"] = 1 } };

        Assert.Equal(1, Result(counted).ExitCode);
        Assert.Equal([new Difference("deployment.Success", 7, 8)], Figures.Compare(Truth, counted));
        Assert.Contains("deployment.Success", Verdict(counted), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_mistakes_that_cancel_out_in_the_sum_are_both_seen()
    {
        var counted = Truth with { Health = new Dictionary<string, int> { ["healthy"] = 5, ["inactive"] = 2 } };

        Assert.Equal(["health.healthy", "health.inactive"], Figures.Compare(Truth, counted).Select(d => d.Name));
    }

    [Fact]
    public void A_figure_that_the_service_does_not_have_is_a_difference()
    {
        var counted = Truth with { Others = new Dictionary<string, int>() };

        Assert.Equal([new Difference("devices", 9, null)], Figures.Compare(Truth, counted));
    }

    private static RunResult Result(Figures counted) => new(9, Truth, counted, [], []);

    private static string Verdict(Figures counted)
    {
        var output = new StringWriter();
        Result(counted).ShowVerdict(new Terminal(output, TextWriter.Null, TextReader.Null, interactive: false));
        return output.ToString();
    }
}
