using System.ComponentModel;
using System.Diagnostics;

namespace Atp.Functions.Tests.Dashboard;

/// <summary>The browser of this machine, or one that is installed for the tests where there is none.</summary>
/// <param name="named">By whoever runs the tests (<c>ATP_CHROMIUM</c>): this one and no other.</param>
/// <param name="places">Where one may be; the first that is there is taken.</param>
/// <param name="installers">Tried one after the other: each answers why it couldn't, or null, and then a place has one.</param>
internal sealed class Chromium(string? named, IReadOnlyList<string> places, IReadOnlyList<Func<Task<string?>>> installers)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly string[] Commands =
        ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "microsoft-edge-stable", "msedge", "chrome"];

    /// <param name="playwrightsOwn">Where Playwright would put one.</param>
    public static Chromium OfThisMachine(string playwrightsOwn) => new(
        Environment.GetEnvironmentVariable("ATP_CHROMIUM"),
        [.. CommandPlaces(), .. MacPlaces(), .. WindowsPlaces(), playwrightsOwn],
        [FromDebianAsync, FromPlaywrightAsync]);

    /// <summary>Its executable.</summary>
    /// <exception cref="InvalidOperationException">There is none, and none could be installed: one line that says what to do.</exception>
    public async Task<string> FindOrInstallAsync()
    {
        if (!string.IsNullOrEmpty(named))
        {
            return File.Exists(named) ? named : throw new InvalidOperationException($"ATP_CHROMIUM names {named}, where no browser is. Correct it, or leave it out.");
        }

        if (Find() is { } found)
        {
            return found;
        }

        var failures = new List<string>();
        foreach (var install in installers)
        {
            var failure = await install();
            if (failure is null && Find() is { } installed)
            {
                return installed;
            }

            failures.Add(failure ?? "what was installed is not in its place");
        }

        throw new InvalidOperationException(
            "The dashboard's tests need Chromium, Chrome or Edge: install one, or name its executable in ATP_CHROMIUM. "
            + $"Installing it did not work ({string.Join("; ", failures)}).");
    }

    private string? Find() => places.FirstOrDefault(File.Exists);

    private static IEnumerable<string> CommandPlaces() =>
        from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/bin")
        from command in Commands
        where !OperatingSystem.IsWindows()
        select Path.Combine(folder, command);

    private static IEnumerable<string> MacPlaces() =>
        from name in new[] { "Chromium", "Google Chrome", "Microsoft Edge" }
        select $"/Applications/{name}.app/Contents/MacOS/{name}";

    private static IEnumerable<string> WindowsPlaces() =>
        from variable in new[] { "ProgramFiles", "ProgramFiles(x86)", "LocalAppData" }
        let folder = Environment.GetEnvironmentVariable(variable)
        where folder is not null
        from program in new[] { @"Google\Chrome\Application\chrome.exe", @"Microsoft\Edge\Application\msedge.exe", @"Chromium\Application\chrome.exe" }
        select Path.Combine(folder, program);

    private static async Task<string?> FromDebianAsync()
    {
        const string Install = "apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium";
        if (!File.Exists("/etc/os-release") || !File.ReadLines("/etc/os-release").Contains("ID=debian"))
        {
            return "this is no Debian";
        }

        return Environment.IsPrivilegedProcess ? await RunAsync("sh", "-c", Install) : await RunAsync("sudo", "-n", "sh", "-c", Install);
    }

    private static async Task<string?> FromPlaywrightAsync()
    {
        var exitCode = await Task.Run(() => Microsoft.Playwright.Program.Main(["install", "chromium"])).WaitAsync(Patience);
        return exitCode == 0 ? null : $"Playwright's download ended with {exitCode}";
    }

    /// <summary>Null, or its last word.</summary>
    private static async Task<string?> RunAsync(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync();
            var error = await process.StandardError.ReadToEndAsync().WaitAsync(Patience);
            await output.WaitAsync(Patience);
            await process.WaitForExitAsync();
            var lastWord = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();
            return process.ExitCode == 0 ? null : $"{command}: {lastWord ?? $"ended with {process.ExitCode}"}";
        }
        catch (Exception e) when (e is Win32Exception or TimeoutException)
        {
            return $"{command}: {e.Message}";
        }
    }
}
