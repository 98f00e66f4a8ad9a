namespace Atp.Functions.Tests.Docs;

/// <summary>docs/tutorial.md, as a reader goes through it: every command, in one shell, with the command that this build made.</summary>
public sealed class TutorialTests : IDisposable
{
    private const string Folder = "atp-tutorial";

    private readonly Cli.TemporaryFolder home = new();

    public void Dispose() => home.Dispose();

    [Fact]
    public async Task Every_command_prints_what_the_page_shows()
    {
        var ct = TestContext.Current.CancellationToken;
        var page = new CommandPage("tutorial.md");
        var blocks = page.Blocks("sh");
        Assert.True(blocks.Count > 10, $"There are {blocks.Count} blocks only.");
        var programs = Path.Combine(home.Path, "bin");
        Directory.CreateDirectory(programs);
        var folder = Path.Combine(home.Path, Folder);
        Directory.CreateDirectory(folder);
        // Any port will do, since others may run here; the page has the usual one.
        var atp = Path.Combine(programs, "atp");
        await File.WriteAllTextAsync(atp, $"""
            #!/usr/bin/env bash
            [ "$1" = up ] && set -- "$@" --port 0
            exec dotnet '{typeof(Atp.Cli.AtpCommand).Assembly.Location}' "$@"

            """, ct);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(atp, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        var printed = await Shell.BashAsync(blocks, folder, new Dictionary<string, string>
        {
            ["PATH"] = $"{programs}:{Environment.GetEnvironmentVariable("PATH")}",
        }, ct);

        page.MustShow(blocks, [.. printed.Select(text => text.Replace(home.Path, "/home/you", StringComparison.Ordinal))]);
        Assert.False(Directory.Exists(folder));
    }
}
