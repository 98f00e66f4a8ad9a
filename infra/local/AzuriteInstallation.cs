using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;

namespace Atp.Local;

/// <summary>Azurite's npm package: of a program that was published or installed, in the folder azurite beside it; else in the source
/// folder infra/local/azurite, shared by all processes of this checkout. Whoever comes first installs it; the others wait.</summary>
internal static class AzuriteInstallation
{
    private const string Part = "Azurite";
    private const int MaxReason = 300;

    private const string LockFile = "package-lock.json";

    // What is published never goes by the path of the machine that it was built on: somebody else may own that folder here.
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "azurite") is var own && File.Exists(Path.Combine(own, LockFile))
        ? own
        : typeof(AzuriteInstallation).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "AzuriteFolder").Value!;

    public static string MainScript { get; } = Path.Combine(Folder, "node_modules", "azurite", "dist", "src", "azurite.js");

    public static string ParentWatchScript { get; } = Path.Combine(Folder, "stop-with-parent.cjs");

    /// <param name="folder">Holds the package-lock.json to install from.</param>
    public static async Task EnsureAsync(string folder, Action<string>? progress, CancellationToken ct)
    {
        if (!File.Exists(Path.Combine(folder, LockFile)))
        {
            throw new LocalStackException(Part, $"there is no package-lock.json in {folder}",
                "Run from a checkout of the repository, and build again if it was moved.");
        }
        if (IsInstalled(folder))
        {
            return;
        }
        using var turn = await TakeTurnAsync(folder, ct);
        if (!IsInstalled(folder))
        {
            progress?.Invoke($"Installing Azurite with npm in {folder} (first start only) ...");
            await InstallAsync(folder, ct);
        }
    }

    // npm writes the hidden lock file last, so an interrupted or outdated installation counts as none.
    public static bool IsInstalled(string folder)
    {
        var done = new FileInfo(Path.Combine(folder, "node_modules", ".package-lock.json"));
        return done.Exists
            && done.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(Path.Combine(folder, LockFile));
    }

    private static async Task<FileStream> TakeTurnAsync(string folder, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                return new FileStream(
                    Path.Combine(folder, ".install.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(200, ct);
            }
            catch (UnauthorizedAccessException e)
            {
                throw new LocalStackException(Part, $"{folder} can't be written, so its npm package can't be installed",
                    "Run 'npm ci --ignore-scripts' there once as a user who may write.", e);
            }
        }
    }

    private static async Task InstallAsync(string folder, CancellationToken ct)
    {
        var program = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";
        var start = new ProcessStartInfo(program, ["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var npm = Start(start, "npm");
        npm.StandardInput.Close();
        try
        {
            var output = npm.StandardOutput.ReadToEndAsync(ct);
            var errors = npm.StandardError.ReadToEndAsync(ct);
            await npm.WaitForExitAsync(ct);
            await output;
            if (npm.ExitCode != 0)
            {
                throw new LocalStackException(Part, $"'npm ci' in {folder} failed: {Reason(await errors)}",
                    "Run it there by hand; it needs the npm registry that your .npmrc names.");
            }
        }
        finally
        {
            if (!npm.HasExited)
            {
                npm.Kill(entireProcessTree: true);
            }
        }
    }

    public static Process Start(ProcessStartInfo start, string program)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new LocalStackException(Part, $"{program} can't be run ({e.Message})",
                "Install Node.js 20 or newer, with npm, and see that it is on the PATH.", e);
        }
    }

    // npm spreads its reason over several lines, between warnings and a hint at a log file.
    private static string Reason(string errors)
    {
        const string prefix = "npm error ";
        var reason = string.Join("; ", errors.Split('\n', StringSplitOptions.TrimEntries)
            .Where(l => l.StartsWith(prefix, StringComparison.Ordinal) && !l.Contains("complete log", StringComparison.Ordinal))
            .Select(l => l[prefix.Length..]));
        return reason.Length == 0 ? "no reason given" : reason[..Math.Min(reason.Length, MaxReason)];
    }
}
