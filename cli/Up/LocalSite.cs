using Atp.Cli.Client;
using Atp.Cli.Samples;
using Atp.Core.Storage;
using Atp.Local;
using Azure;
using Azure.Storage;
using Azure.Storage.Queues;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Atp.Cli.Up;

/// <summary>The whole service on this machine: the local stack, and the functions in this process.</summary>
internal sealed class LocalSite : IAsyncDisposable
{
    private readonly UpOptions options;
    private readonly LocalStack stack;
    private readonly IHost host;
    private readonly FunctionsLog log;
    private readonly Connection connection;
    private readonly QueueServiceClient queues;

    private LocalSite(UpOptions options, LocalStack stack, IHost host, FunctionsLog log, SampleFiles samples)
    {
        (this.options, this.stack, this.host, this.log, Samples) = (options, stack, host, log, samples);
        connection = new Connection(
            FunctionsHost.AddressOf(host), stack.Tokens.TokenEndpoint, stack.AdministratorClient.Id, $"{stack.Audience}/.default",
            Environment.ProcessId)
        {
            ClientSecret = stack.AdministratorClient.Secret,
        };
        var http = ServerOptions.NewHttpClient();
        Client = new AtpClient(http, connection.Server, TokenSource.Of(connection, http, TimeProvider.System));
        Agents = new AgentClient(http, connection.Server, TimeProvider.System);
        // A client of our own: looking at the queues is not a transaction of the service.
        queues = new QueueServiceClient(Account.QueueEndpoint, new StorageSharedKeyCredential(Account.Name, Account.Key));
    }

    public AtpClient Client { get; }

    public AgentClient Agents { get; }

    /// <summary>Configuration files that this service accepts.</summary>
    public SampleFiles Samples { get; }

    private StorageAccount Account => stack.Azurite.Accounts[0];

    /// <summary>Storage transactions that the service has made.</summary>
    public long Transactions() => host.Services.GetRequiredService<StorageTransactions>().Total;

    /// <exception cref="LocalStackException">A part of the stack can't start.</exception>
    /// <exception cref="CommandException">The functions can't start, or another stack runs in this folder.</exception>
    public static async Task<LocalSite> StartAsync(UpOptions options, Terminal terminal, CancellationToken ct)
    {
        if (Connection.Find(options.DataFolder) is { } other && other.IsAlive())
        {
            throw new CommandException(
                $"A local stack runs in {options.DataFolder} already (process {other.ProcessId}, {other.Server}). Stop it, or choose another folder with --data.");
        }

        SampleFiles? samples = null;
        LocalStack? stack = null;
        FunctionsLog? log = null;
        IHost? host = null;
        try
        {
            samples = SampleFiles.Open(options.DataFolder, keep: !options.InMemory);
            stack = await LocalStack.StartAsync(
                new LocalStackOptions { DataFolder = options.InMemory ? null : options.DataFolder, Progress = terminal.Say }, ct);
            log = FunctionsLog.Open(options, terminal);
            host = await FunctionsHost.StartAsync(stack, samples, options.Port, log, ct);
            var site = new LocalSite(options, stack, host, log, samples);
            site.connection.Write(options.DataFolder);
            return site;
        }
        catch
        {
            await StopAsync(host, stack, log, samples);
            throw;
        }
    }

    /// <summary>Says where everything is and how to get a token.</summary>
    public void Introduce(Terminal terminal) => terminal.Say($$"""
        Dashboard        {{connection.Server}}api/dashboard/
        Sign in with     {{stack.SignInPassword}}
        API              {{connection.Server}}api
        Blobs            {{Account.BlobEndpoint}}
        Queues           {{Account.QueueEndpoint}}
        Tables           {{Account.TableEndpoint}}
        Key Vault        {{stack.KeyVault.Endpoint}}
        Token endpoint   {{connection.TokenEndpoint}}
        Data             {{(options.InMemory ? "in memory only" : options.DataFolder)}}
        Log              {{log.Description}}

        A token with every role, for curl (or: atp token):
          TOKEN=$(curl -s {{connection.TokenEndpoint}} \
            -d grant_type=client_credentials -d client_id={{connection.ClientId}} -d scope={{connection.Scope}} \
            --data-urlencode client_secret@{{Connection.SecretPathIn(options.DataFolder)}} \
            | sed -E 's/.*"access_token":"([^"]+)".*/\1/')
          curl -H "Authorization: Bearer $TOKEN" {{connection.Server}}api/policies
        """);

    /// <summary>Waits until no report is waiting and none is being worked on.</summary>
    /// <param name="progress">How many are done, of how many there were when it was looked at first.</param>
    /// <param name="within">Gives up after this.</param>
    /// <param name="ct">Cancels.</param>
    public async Task WaitForReportsAsync(Action<long, long> progress, TimeSpan within, CancellationToken ct)
    {
        var most = 0;
        await Waiting.UntilAsync(
            () => CountAsync(Queues.DeviceReports, ct),
            left =>
            {
                most = Math.Max(most, left);
                progress(most - left, most);
                return left == 0;
            },
            left => $"{left} reports are still in the queue", within, ct);
    }

    /// <summary>Messages that the functions gave up.</summary>
    public async Task<int> CountPoisonAsync(CancellationToken ct)
    {
        var poisoned = 0;
        foreach (var queue in Queues.All)
        {
            poisoned += await CountAsync(queue + Queues.PoisonSuffix, ct);
        }

        return poisoned;
    }

    public async ValueTask DisposeAsync()
    {
        Connection.Remove(options.DataFolder);
        await StopAsync(host, stack, log, Samples);
    }

    /// <summary>Those that are being worked on included. A poison queue is there only once it was needed.</summary>
    private async Task<int> CountAsync(string queue, CancellationToken ct)
    {
        try
        {
            return (await queues.GetQueueClient(queue).GetPropertiesAsync(ct)).Value.ApproximateMessagesCount;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return 0;
        }
    }

    /// <summary>The functions first: they finish what they have begun while the stack is still there.</summary>
    private static async Task StopAsync(IHost? host, LocalStack? stack, FunctionsLog? log, SampleFiles? samples)
    {
        if (host is not null)
        {
            await host.StopAsync(CancellationToken.None);
            host.Dispose();
        }

        if (stack is not null)
        {
            await stack.DisposeAsync();
        }

        log?.Dispose();
        samples?.Dispose();
    }
}
