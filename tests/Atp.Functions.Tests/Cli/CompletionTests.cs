using System.Diagnostics;
using System.Globalization;

namespace Atp.Functions.Tests.Cli;

/// <summary>What the shells' scripts are told, and that bash does with it what a person expects.</summary>
public sealed class CompletionTests(TestStack stack)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("atp pol", "policy")]
    [InlineData("atp policy s", "show")]
    [InlineData("atp policy create --ki", "--kind")]
    [InlineData("atp policy create --kind ", "Offboarding", "Onboarding")]
    [InlineData("atp policy list -o ", "csv", "json", "table")]
    [InlineData("atp device list --health N", "NeverReached", "NotOnboarded")]
    [InlineData("atp completion ", "bash", "fish", "pwsh", "zsh")]
    [InlineData("atp policy show x --rev", "--revisions")]
    [InlineData("atp nothing po", "poison", "policy")]
    public async Task Commands_options_and_values_are_proposed(string line, params string[] expected)
    {
        var proposed = (await SuggestAsync(line)).Select(proposal => proposal.Split('\t')[0]).Order(StringComparer.Ordinal).ToList();

        Assert.Equal(expected, proposed);
    }

    [Fact]
    public async Task Ids_of_the_server_are_proposed_by_id_and_by_name()
    {
        await using var host = await AtpHost.StartAsync(stack);
        var policy = (string)(await host.CreatePolicyAsync("Workstations"))["id"]!;
        var collection = await host.CreateCollectionAsync("Berlin");
        using var folder = new TemporaryFolder();
        var token = Path.Combine(folder.Path, "token");
        await File.WriteAllTextAsync(token, host.Admin.DefaultRequestHeaders.Authorization!.Parameter, Stop);
        var server = $"--server {host.BaseAddress.AbsoluteUri} --token-file {token}";
        await SuggestAsync($"atp policy show {server} "); // the first call warms up what a second is enough for

        Assert.Contains($"{policy}\tWorkstations", await SuggestAsync($"atp policy show {server} "));
        Assert.Equal([$"{policy}\tWorkstations"], await SuggestAsync("atp policy show works", $" {server}"));
        Assert.Equal([$"{policy}\tWorkstations"], await SuggestAsync($"atp policy show {policy[..9]}", $" {server}"));
        Assert.Equal([$"{collection}\tBerlin"], await SuggestAsync($"atp deploy {server} --collection {collection[..9]}"));
        Assert.Empty(await SuggestAsync("atp policy show other", $" {server}"));
    }

    [Fact]
    public async Task Without_a_server_nothing_is_said_and_nobody_waits()
    {
        using var folder = new TemporaryFolder();
        var token = Path.Combine(folder.Path, "token");
        await File.WriteAllTextAsync(token, "t", Stop);

        Assert.DoesNotContain(await SuggestAsync($"atp policy show --server http://127.0.0.1:1 --token-file {token} 0"), proposal => proposal.Length > 0);
        Assert.DoesNotContain(await SuggestAsync($"atp policy show --data {folder.Path} 0"), proposal => proposal.Length > 0);
    }

    [Fact]
    public async Task The_bash_script_puts_in_the_one_that_is_meant_and_lists_several_with_their_meaning()
    {
        var terminal = new CapturedTerminal();
        Assert.Equal(0, await terminal.RunAsync(Stop, "completion", "bash"));
        var script = terminal.Output + """

            complete -p atp
            atp() { echo "$1 $2" >&2; if [ "$2" = 'atp policy sh' ]; then printf 'show\tShow a policy\n'; else printf 'id-1\tWorkstations\nid-2\tServers\n'; fi; }
            run() { COMP_LINE=$1; COMP_POINT=${#1}; COMP_WORDS=($1); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _atp; printf '%s\n' "${COMPREPLY[@]}"; }
            run 'atp policy sh'
            run 'atp policy show '
            """;
        var start = new ProcessStartInfo("bash", ["--norc", "-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var bash = Process.Start(start)!;
        var output = await bash.StandardOutput.ReadToEndAsync(Stop);

        Assert.Equal(["complete -F _atp atp", "show", "id-1  Workstations", "id-2  Servers"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("bash", "complete -F _atp atp")]
    [InlineData("zsh", "compdef _atp atp")]
    [InlineData("fish", "complete -c atp")]
    [InlineData("pwsh", "Register-ArgumentCompleter")]
    public async Task Each_shell_has_its_script(string shell, string part)
    {
        var terminal = new CapturedTerminal();

        Assert.Equal(0, await terminal.RunAsync(Stop, "completion", shell));
        Assert.Contains(part, terminal.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', terminal.Output);
    }

    /// <param name="line">Up to the cursor.</param>
    /// <param name="rest">Behind it.</param>
    private static async Task<List<string>> SuggestAsync(string line, string rest = "")
    {
        var terminal = new CapturedTerminal();
        Assert.Equal(0, await terminal.RunAsync(Stop, string.Create(CultureInfo.InvariantCulture, $"[suggest:{line.Length}]"), line + rest));
        Assert.Empty(terminal.Error);
        return [.. terminal.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(text => text.TrimEnd('\r'))];
    }
}
