using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using Atp.Cli.Client;
using Atp.Local;

namespace Atp.Cli.Doctor;

/// <summary>This machine: what a local stack needs, and how the one in a folder is.</summary>
/// <param name="folder">The local stack's.</param>
/// <param name="port">On which <c>atp up</c> listens unless told.</param>
internal sealed class MachineChecks(string folder, int port)
{
    private const int OldestNode = 20;
    private const long LeastFree = 100L * 1024 * 1024;
    private const long FewFree = 1024L * 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>What <c>atp up</c> keeps to itself.</summary>
    private static readonly string[] SecretFiles = ["connection.json", "client-secret", "stack.json", "sample-authority.pfx", "tokens/*", "vault/*"];

    public async IAsyncEnumerable<Finding> RunAsync()
    {
        yield return Finding.Ok(".NET", Environment.Version.ToString());
        yield return await NodeAsync();
        yield return AzuritePackage();
        var (stack, connection) = Stack();
        yield return stack;
        if (Secrets() is { } secrets)
        {
            yield return secrets;
        }

        if (Disk() is { } disk)
        {
            yield return disk;
        }

        if (connection is null)
        {
            yield return Port();
        }
    }

    private static async Task<Finding> NodeAsync()
    {
        const string Check = "Node.js";
        const string Needed = "`atp up` needs Node.js 20 or newer, with npm, on the PATH; commands for another server don't.";
        try
        {
            using var node = Process.Start(new ProcessStartInfo("node", "--version") { RedirectStandardOutput = true, RedirectStandardError = true })!;
            using var patience = new CancellationTokenSource(Patience);
            var version = (await node.StandardOutput.ReadToEndAsync(patience.Token)).Trim();
            return int.TryParse(version.TrimStart('v').Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
                ? major >= OldestNode ? Finding.Ok(Check, version) : Finding.Warning(Check, $"{version} is too old.", Needed)
                : Finding.Warning(Check, "It doesn't say its version.", Needed);
        }
        catch (Exception e) when (e is Win32Exception or OperationCanceledException)
        {
            return Finding.Warning(Check, "It can't be run.", Needed);
        }
    }

    private static Finding AzuritePackage() => Azurite.IsInstalled switch
    {
        true => Finding.Ok("Azurite", "installed"),
        false => Finding.Ok("Azurite", "not installed yet; the first `atp up` does it"),
        null => Finding.Warning("Azurite", "There is nothing to install it from.", "Only `atp up` needs it: install the command again, or run it from a checkout of the repository."),
    };

    /// <returns>The connection of a stack that runs.</returns>
    private (Finding Finding, Connection? Running) Stack()
    {
        const string Check = "Local stack";
        Connection? connection;
        try
        {
            connection = Connection.Find(folder);
        }
        catch (Exception e) when (e is CommandException or UnauthorizedAccessException or IOException)
        {
            return (Finding.Fault(Check, e is CommandException ? e.Message : $"{Connection.PathIn(folder)} can't be read by you."), null);
        }

        return connection switch
        {
            null => (Finding.Ok(Check, $"none runs in {folder}"), null),
            _ when connection.IsAlive() => (Finding.Ok(Check, string.Create(CultureInfo.InvariantCulture, $"runs at {connection.Server} (process {connection.ProcessId})")), connection),
            _ => (Finding.Fault(Check, $"{Connection.PathIn(folder)} is of a process that was killed.", "Start it again with `atp up`, or delete the file."), null),
        };
    }

    private Finding? Secrets()
    {
        if (OperatingSystem.IsWindows() || !Directory.Exists(folder))
        {
            return null;
        }

        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        var open = new List<string>();
        foreach (var file in SecretFiles.SelectMany(FilesOf))
        {
            if ((File.GetUnixFileMode(file) & Others) != 0)
            {
                open.Add(file);
            }
        }

        return open.Count == 0
            ? Finding.Ok("Secret files", "only you can read them")
            : Finding.Fault("Secret files", $"Others on this machine can read {string.Join(", ", open)}.", $"chmod 600 {string.Join(' ', open)}");
    }

    private IEnumerable<string> FilesOf(string pattern)
    {
        var path = Path.Combine(folder, Path.GetDirectoryName(pattern)!);
        return Directory.Exists(path) ? Directory.EnumerateFiles(path, Path.GetFileName(pattern)) : [];
    }

    private Finding? Disk()
    {
        try
        {
            var free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
            var detail = string.Create(CultureInfo.InvariantCulture, $"{free / 1e9:F1} GB free for {folder}");
            return free < LeastFree ? Finding.Fault("Disk", detail, "Make room: storage stops when there is none.")
                : free < FewFree ? Finding.Warning("Disk", detail, "A large fleet may not fit.")
                : Finding.Ok("Disk", detail);
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return null; // a network share: it has no figure to give
        }
    }

    private Finding Port()
    {
        var check = $"Port {port}";
        var used = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners()
            .Any(listener => listener.Port == port && (IPAddress.IsLoopback(listener.Address) || listener.Address.Equals(IPAddress.Any) || listener.Address.Equals(IPAddress.IPv6Any)));
        return used
            ? Finding.Warning(check, "Something listens there.", "If it is no service that you meant to start, `atp up --port 0` takes a free port.")
            : Finding.Ok(check, "free for `atp up`");
    }
}
