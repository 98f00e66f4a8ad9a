using Xunit;

namespace Atp.Functions.Tests.Cli;

public sealed class UsageTests
{
    private readonly CapturedTerminal terminal = new();

    [Theory]
    [InlineData("--workspace-key", "S3cret")]
    [InlineData("--workspace-key=S3cret")]
    public async Task The_workspace_key_is_refused_on_the_command_line_and_not_repeated(params string[] key)
    {
        var exitCode = await terminal.RunAsync(
            TestContext.Current.CancellationToken, ["policy", "create", "--name", "n", "--file", typeof(UsageTests).Assembly.Location, .. key]);

        Assert.Equal(2, exitCode);
        Assert.Contains("one line of standard input", terminal.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("S3cret", terminal.Output + terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("deploy")]
    [InlineData("policy")]
    [InlineData("policy", "order", "some-id")]
    [InlineData("policy", "order", "some-id", "--increase", "--decrease")]
    [InlineData("up", "--devices", "many")]
    [InlineData("up", "--devices", "-1")]
    [InlineData("status", "--server", "ftp://x")]
    [InlineData("device", "show")]
    [InlineData("device", "retire", "pc-1")]
    [InlineData("collection", "create", "--name", "Servers", "--agent", "Both")]
    [InlineData("collection", "update", "--name", "No id")]
    [InlineData("nonsense")]
    public async Task Wrong_usage_exits_with_2_and_says_what_is_wrong(params string[] arguments)
    {
        Assert.Equal(2, await terminal.RunAsync(TestContext.Current.CancellationToken, arguments));
        Assert.NotEmpty(terminal.Error);
        Assert.Empty(terminal.Output);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_one_line_that_says_what_to_do()
    {
        using var folder = new TemporaryFolder();
        var token = Path.Combine(folder.Path, "token");
        await File.WriteAllTextAsync(token, "t", TestContext.Current.CancellationToken);

        var exitCode = await terminal.RunAsync(
            TestContext.Current.CancellationToken, "status", "--server", "http://127.0.0.1:1", "--token-file", token);

        Assert.Equal(1, exitCode);
        Assert.Contains("No answer from http://127.0.0.1:1", terminal.Error, StringComparison.Ordinal);
        Assert.Single(terminal.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Without_a_token_it_says_where_one_can_come_from()
    {
        using var folder = new TemporaryFolder();

        Assert.Equal(1, await terminal.RunAsync(TestContext.Current.CancellationToken, "token", "--data", folder.Path));
        Assert.Contains("--token-file", terminal.Error, StringComparison.Ordinal);
    }
}
