using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Atp.Local;

/// <summary>A running Azurite on 127.0.0.1. It ends with this object, and with this process however that ends.</summary>
public sealed partial class Azurite : IAsyncDisposable
{
    private const string Part = "Azurite";
    private const int MaxAccounts = 1000; // more would not fit one environment variable (128 KiB on Linux)
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    private readonly Process process;
    private bool disposed;

    private Azurite(Process process, IReadOnlyList<StorageAccount> accounts)
    {
        this.process = process;
        ProcessId = process.Id;
        Accounts = accounts;
    }

    /// <summary>Whether its npm package is there; if not, the first start installs it. Null where there is nothing to install it from.</summary>
    public static bool? IsInstalled => Directory.Exists(AzuriteInstallation.Folder) ? AzuriteInstallation.IsInstalled(AzuriteInstallation.Folder) : null;

    public IReadOnlyList<StorageAccount> Accounts { get; }

    public int ProcessId { get; }

    /// <summary>Returns when all three services accept connections. The first start in a checkout installs the
    /// npm package, which takes half a minute.</summary>
    /// <exception cref="LocalStackException">Node.js or npm is missing, a port is in use, or Azurite gave up.</exception>
    public static async Task<Azurite> StartAsync(AzuriteOptions options, CancellationToken ct)
    {
        var keys = options.Accounts ?? NewAccounts(options.AccountCount);
        await AzuriteInstallation.EnsureAsync(AzuriteInstallation.Folder, options.Progress, ct);
        if (options.DataFolder is not null)
        {
            PrivateFile.CreateFolder(options.DataFolder);
        }

        var process = AzuriteInstallation.Start(StartInfo(options, keys), "node");
        try
        {
            var ports = await WaitUntilListeningAsync(process, ct);
            return new Azurite(process, [.. keys.Select(k => Account(k, ports))]);
        }
        catch
        {
            await StopAsync(process);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!disposed)
        {
            disposed = true;
            await StopAsync(process);
        }
    }

    internal static StorageAccountKey[] NewAccounts(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxAccounts);
        return [.. Enumerable.Range(1, count).Select(n => new StorageAccountKey(
            string.Create(CultureInfo.InvariantCulture, $"atplocal{n}"),
            Convert.ToBase64String(RandomNumberGenerator.GetBytes(64))))];
    }

    // Azurite opens port 0 as any free port and says which, so there is no gap in which another process takes it.
    private static ProcessStartInfo StartInfo(AzuriteOptions options, IReadOnlyList<StorageAccountKey> accounts)
    {
        var start = new ProcessStartInfo("node")
        {
            WorkingDirectory = AzuriteInstallation.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["AZURITE_ACCOUNTS"] = string.Join(';', accounts.Select(a => $"{a.Name}:{a.Key}"));
        string[] arguments =
        [
            "--require", AzuriteInstallation.ParentWatchScript, AzuriteInstallation.MainScript,
            "--silent", "--disableTelemetry", "--skipApiVersionCheck",
            .. Service("blob", options.BlobPort), .. Service("queue", options.QueuePort), .. Service("table", options.TablePort),
            .. options.DataFolder is { } folder ? (string[])["--location", Path.GetFullPath(folder)] : ["--inMemoryPersistence"],
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        return start;
    }

    // Kept alive for longer than .NET's HTTP client keeps an idle connection (one minute), so that it is always
    // the client who closes, and no request meets a connection that is just going away.
    private static string[] Service(string name, int? port) =>
    [
        $"--{name}Host", "127.0.0.1",
        $"--{name}Port", (port ?? 0).ToString(CultureInfo.InvariantCulture),
        $"--{name}KeepAliveTimeout", "120",
    ];

    private static async Task<Dictionary<string, int>> WaitUntilListeningAsync(Process process, CancellationToken ct)
    {
        var ports = new Dictionary<string, int>(StringComparer.Ordinal);
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var lastError = "";
        process.OutputDataReceived += (_, line) =>
        {
            if (ListeningLine().Match(line.Data ?? "") is { Success: true } match && !listening.Task.IsCompleted)
            {
                ports[match.Groups["service"].Value] = int.Parse(match.Groups["port"].Value, CultureInfo.InvariantCulture);
                if (ports.Count == 3)
                {
                    listening.SetResult();
                }
            }
        };
        process.ErrorDataReceived += (_, line) => lastError = string.IsNullOrWhiteSpace(line.Data) ? lastError : line.Data;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(StartLimit);
        try
        {
            var ended = process.WaitForExitAsync(limit.Token);
            await await Task.WhenAny(ended, listening.Task);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new LocalStackException(Part, $"it was not listening after {StartLimit.TotalSeconds:0} seconds",
                "Try again when the machine is less busy.");
        }
        return listening.Task.IsCompletedSuccessfully ? ports : throw Failure(lastError, process.ExitCode);
    }

    private static LocalStackException Failure(string lastError, int exitCode)
    {
        if (PortInUse().Match(lastError) is { Success: true } match)
        {
            return new LocalStackException(Part, $"port {match.Groups["port"].Value} is in use",
                "Stop the process that listens there, or choose another port.");
        }
        return new LocalStackException(Part,
            lastError.Length > 0 ? lastError : $"it exited with code {exitCode} and no message",
            $"If the reason doesn't help, delete {Path.Combine(AzuriteInstallation.Folder, "node_modules")} and start again.");
    }

    private static StorageAccount Account(StorageAccountKey account, Dictionary<string, int> ports)
    {
        Uri Endpoint(string service) => new($"http://127.0.0.1:{ports[service]}/{account.Name}");
        return new StorageAccount(account.Name, account.Key, Endpoint("Blob"), Endpoint("Queue"), Endpoint("Table"));
    }

    private static async Task StopAsync(Process process)
    {
        if (!process.HasExited)
        {
            process.StandardInput.Close(); // stop-with-parent.cjs: write the data out and end
            using var limit = new CancellationTokenSource(StopLimit);
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
        process.Dispose();
    }

    [GeneratedRegex(@"^Azurite (?<service>Blob|Queue|Table) service is successfully listening at http://127.*:(?<port>\d+)$")]
    private static partial Regex ListeningLine();

    [GeneratedRegex(@"EADDRINUSE.*:(?<port>\d+)$")]
    private static partial Regex PortInUse();
}
