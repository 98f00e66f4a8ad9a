using System.Text.Json.Nodes;

namespace Atp.Functions.Tests.Docs;

/// <summary>
/// docs/api-guide.md: blocks of <c>sh</c> and <c>powershell</c> run against the service; those of <c>shell</c> and <c>pwsh</c> get a
/// token, from Entra ID mostly, and are parsed only.
/// </summary>
public sealed class ApiGuideTests(TestStack stack) : IDisposable
{
    private readonly CommandPage page = new("api-guide.md");
    private readonly Cli.TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_curl_and_the_PowerShell_commands_answer_as_shown_and_do_the_same()
    {
        var ct = TestContext.Current.CancellationToken;
        var curl = page.Blocks("sh");
        var powerShell = page.Blocks("powershell");
        Assert.True(curl.Count > 25 && powerShell.Count > 25, $"There are {curl.Count} blocks of curl and {powerShell.Count} of PowerShell only.");

        var (printed, byCurl) = await RunAsync(curl, Shell.BashAsync, ct);
        page.MustShow(curl, printed);
        var (_, byPowerShell) = await RunAsync(powerShell, Shell.PowerShellAsync, ct);

        Assert.Equal(byCurl, byPowerShell);
    }

    [Fact]
    public async Task Commands_that_get_a_token_are_well_formed()
    {
        var ct = TestContext.Current.CancellationToken;
        foreach (var block in page.Blocks("shell"))
        {
            var file = Path.Combine(folder.Path, "block.sh");
            await File.WriteAllTextAsync(file, block.Commands, ct);
            var (exitCode, said) = await Shell.StartAsync("bash", ["-n", file], folder.Path, new Dictionary<string, string>(), ct);
            Assert.True(exitCode == 0, said);
        }

        var parsed = page.Blocks("pwsh").Select(block => new CommandBlock(
            $"$null = [scriptblock]::Create(@'\n{block.Commands}\n'@)", null)).ToList();
        Assert.True(parsed.Count > 2);
        await Shell.PowerShellAsync(parsed, folder.Path, new Dictionary<string, string>(), ct);
    }

    /// <summary>On a site of its own, in a folder with the files that the page speaks of.</summary>
    /// <returns>What each block printed, and what the audit then says was done.</returns>
    private async Task<(IReadOnlyList<string> Printed, List<string> Done)> RunAsync(
        IReadOnlyList<CommandBlock> blocks,
        Func<IReadOnlyList<CommandBlock>, string, IReadOnlyDictionary<string, string>, CancellationToken, Task<IReadOnlyList<string>>> run, CancellationToken ct)
    {
        await using var host = await AtpHost.StartAsync(stack, new AtpHostOptions { Settings = { ["Atp:Site:ShardCount"] = "64" } }); // as a reader has it
        using var files = new Cli.TemporaryFolder();
        var package = host.Stack.Authority.CreateOnboarding(TestSite.OrgId).ToZip();
        await File.WriteAllBytesAsync(Path.Combine(files.Path, package.FileName), package.Content, ct);
        await File.WriteAllTextAsync(Path.Combine(files.Path, "workspace-key.txt"), TestSite.WorkspaceKey, ct);
        var printed = await run(blocks, files.Path, new Dictionary<string, string>
        {
            ["API"] = $"{host.BaseAddress.AbsoluteUri.TrimEnd('/')}/api",
            ["TOKEN"] = host.Admin.DefaultRequestHeaders.Authorization!.Parameter!,
        }, ct);

        var audit = await host.GetJsonAsync("/api/audit?outcome=Done&pageSize=1000");
        return (printed, [.. audit["value"]!.AsArray().Select(entry => (string)entry!["action"]!).Order(StringComparer.Ordinal)]);
    }
}
