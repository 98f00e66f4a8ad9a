using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;

namespace Atp.Local;

/// <summary>Azurite's npm package in the source folder infra/local/azurite, shared by all processes of this
/// checkout. Whoever comes first installs it; the others wait.</summary>
internal static class AzuriteInstallation
{
    private const string Part = "Azurite";

    public static string Folder { get; } = typeof(AzuriteInstallation).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .First(a => a.Key == "AzuriteFolder").Value!;

    public static string MainScript => Path.Combine(Folder, "node_modules", "azurite", "dist", "src", "azurite.js");

    public static string ParentWatchScript => Path.Combine(Folder, "stop-with-parent.cjs");

    public static async Task EnsureAsync(Action<string>? progress, CancellationToken ct)
    {
        if (!File.Exists(Path.Combine(Folder, "package-lock.json")))
        {
            throw new LocalStackException(Part, $"there is no package-lock.json in {Folder}",
                "Run from a checkout of the repository, and build again if it was moved.");
        }
        if (IsInstalled())
        {
            return;
        }
        using var turn = await TakeTurnAsync(ct);
        if (!IsInstalled())
        {
            progress?.Invoke($"Installing Azurite with npm in {Folder} (first start only) ...");
            await InstallAsync(ct);
        }
    }

    // npm writes the hidden lock file last, so an interrupted or outdated installation counts as none.
    private static bool IsInstalled()
    {
        var done = new FileInfo(Path.Combine(Folder, "node_modules", ".package-lock.json"));
        return done.Exists
            && done.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json"))
            && File.Exists(MainScript);
    }

    private static async Task<FileStream> TakeTurnAsync(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                return new FileStream(Path.Combine(Folder, ".install.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(200, ct);
            }
            catch (UnauthorizedAccessException e)
            {
                throw new LocalStackException(Part, $"{Folder} can't be written, so its npm package can't be installed",
                    $"Run 'npm ci --ignore-scripts' there once as a user who may write.", e);
            }
        }
    }

    private static async Task InstallAsync(CancellationToken ct)
    {
        var start = new ProcessStartInfo(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        {
            WorkingDirectory = Folder,
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
                throw new LocalStackException(Part, $"'npm ci' in {Folder} failed: {Reason(await errors)}",
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

    private static string Reason(string errors)
    {
        var lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.FirstOrDefault(l => l.StartsWith("npm error", StringComparison.Ordinal) && !l.StartsWith("npm error code", StringComparison.Ordinal))
            ?? lines.LastOrDefault()
            ?? "no reason given";
    }
}
