using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Atp.Functions.Tests.Docs;

/// <summary>Runs the commands of a page one after the other in one shell, as a reader who pastes them does.</summary>
internal static class Shell
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    /// <summary>In bash. A command that fails ends it.</summary>
    /// <returns>What each block printed.</returns>
    public static async Task<IReadOnlyList<string>> BashAsync(
        IReadOnlyList<CommandBlock> blocks, string folder, IReadOnlyDictionary<string, string> environment, CancellationToken ct)
    {
        using var printed = new Cli.TemporaryFolder();
        var script = new StringBuilder("set -e\ntrap 'kill $(jobs -p) 2> /dev/null || true; wait' EXIT\n"); // what it left in the background
        for (var i = 0; i < blocks.Count; i++)
        {
            script.Append(CultureInfo.InvariantCulture, $"{{\n{blocks[i].Commands}\n}} > '{printed.Path}/{i}' 2>&1\n");
        }

        var file = Path.Combine(printed.Path, "commands.sh");
        await File.WriteAllTextAsync(file, script.ToString(), ct);
        return await RunAsync("bash", [file], folder, environment, printed.Path, blocks, ct);
    }

    /// <summary>In PowerShell 7, which is a tool of this repository. A command that fails ends it.</summary>
    public static async Task<IReadOnlyList<string>> PowerShellAsync(
        IReadOnlyList<CommandBlock> blocks, string folder, IReadOnlyDictionary<string, string> environment, CancellationToken ct)
    {
        using var printed = new Cli.TemporaryFolder();
        var script = new StringBuilder("$ErrorActionPreference = 'Stop'\n").Append(CultureInfo.InvariantCulture, $"Set-Location '{folder}'\n");
        for (var i = 0; i < blocks.Count; i++)
        {
            script.Append(CultureInfo.InvariantCulture, $". {{\n{blocks[i].Commands}\n}} *> '{printed.Path}/{i}'\n");
        }

        var file = Path.Combine(printed.Path, "commands.ps1");
        await File.WriteAllTextAsync(file, script.ToString(), ct);
        var (exitCode, error) = await StartAsync("dotnet", ["tool", "restore"], Pages.Root, environment, ct);
        Assert.True(exitCode == 0, error);
        return await RunAsync("dotnet", ["tool", "run", "pwsh", "--", "-NoLogo", "-NoProfile", "-NonInteractive", "-File", file],
            Pages.Root, environment, printed.Path, blocks, ct); // the tool is found from there
    }

    /// <returns>The exit code, and what was said on standard error or output.</returns>
    public static async Task<(int ExitCode, string Said)> StartAsync(
        string command, IEnumerable<string> arguments, string folder, IReadOnlyDictionary<string, string> environment, CancellationToken ct)
    {
        var start = new ProcessStartInfo(command, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (key, value) in environment)
        {
            start.Environment[key] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(Patience);
        try
        {
            var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(deadline.Token), process.StandardError.ReadToEndAsync(deadline.Token));
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, string.Concat(said));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (-1, "It didn't end.");
        }
    }

    private static async Task<IReadOnlyList<string>> RunAsync(
        string command, IEnumerable<string> arguments, string folder, IReadOnlyDictionary<string, string> environment, string printedIn,
        IReadOnlyList<CommandBlock> blocks, CancellationToken ct)
    {
        var (exitCode, said) = await StartAsync(command, arguments, folder, environment, ct);
        var printed = blocks.Select((_, i) => Path.Combine(printedIn, $"{i}")).TakeWhile(File.Exists).Select(file => File.ReadAllText(file)).ToList();
        Assert.True(exitCode == 0 && printed.Count == blocks.Count, printed.Count == 0 ? said
            : $"{blocks[printed.Count - 1].Commands}\nended with {exitCode}, and printed:\n{printed[^1]}\n{said}");
        return printed;
    }
}
