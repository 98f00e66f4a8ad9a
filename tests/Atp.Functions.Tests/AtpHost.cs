using System.Net.Http.Headers;
using Atp.Core.Storage;
using Atp.Functions.Tests.Http;
using Atp.Local;
using Atp.SelfHost;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Atp.Functions.Tests;

/// <summary>What a test changes of a site.</summary>
public sealed record AtpHostOptions
{
    public Dictionary<string, string?> Settings { get; init; } = [];

    /// <summary>Functions that don't listen, so that the test drives them by hand.</summary>
    public string[] Disabled { get; init; } = [];

    /// <summary>Timers fire only when a test asks for them.</summary>
    public bool Timers { get; init; }

    /// <summary>The account of another host: a second instance of the same site.</summary>
    public StorageAccount? Account { get; init; }

    public TestClock? Clock { get; init; }

    /// <summary>The port of a host that has stopped, so that it comes back where it was; 0 is any.</summary>
    public int Port { get; init; }

    /// <summary>Types with functions besides the service's own.</summary>
    public Type[] Functions { get; init; } = [];

    /// <summary>Adds to what the service is composed of.</summary>
    public Action<IServiceCollection>? Services { get; init; }

    /// <summary>Sees everything that goes between the service, its callers and its storage.</summary>
    public Witness? Witness { get; init; }
}

/// <summary>The whole service in this process, over real Azurite, the Key Vault emulator and real tokens.</summary>
public sealed class AtpHost : IAsyncDisposable
{
    public static readonly string[] AllRoles =
        ["Policies.Read", "Policies.ReadWrite", "Deployments.ReadWrite", "Devices.ReadWrite", "Health.Read", "Audit.Read"];

    private readonly IHost host;
    private readonly TestStack stack;

    private readonly Witness? witness;
    private readonly bool ownsAccount;

    private AtpHost(IHost host, TestStack stack, StorageAccount account, TestClock clock, CapturedLog log, StorageTap tap, AtpHostOptions options)
    {
        (this.host, this.stack, Account, Clock, Log, Tap, witness) = (host, stack, account, clock, log, tap, options.Witness);
        ownsAccount = options.Account is null;
        BaseAddress = new Uri(host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Tables = new TableServiceClient(account.ConnectionString);
        Queues = new QueueServiceClient(account.ConnectionString, new QueueClientOptions { MessageEncoding = QueueMessageEncoding.None });
        Blobs = new BlobServiceClient(account.ConnectionString);
        Admin = Client(AllRoles);
    }

    public StorageAccount Account { get; }

    public TestClock Clock { get; }

    public CapturedLog Log { get; }

    /// <summary>Between the service and its storage: breaks off, or lets something happen in between.</summary>
    public StorageTap Tap { get; }

    public Uri BaseAddress { get; }

    /// <summary>The SDK's own clients: what they do isn't counted as the service's.</summary>
    public TableServiceClient Tables { get; }

    public QueueServiceClient Queues { get; }

    public BlobServiceClient Blobs { get; }

    /// <summary>An administrator with every role.</summary>
    public HttpClient Admin { get; }

    public TestStack Stack => stack;

    public IServiceProvider Services => host.Services;

    /// <summary>Storage transactions of the service's own code so far.</summary>
    public long Transactions => Get<StorageTransactions>().Total;

    public static async Task<AtpHost> StartAsync(TestStack stack, AtpHostOptions? options = null)
    {
        options ??= new AtpHostOptions();
        var account = options.Account ?? stack.NextAccount();
        var clock = options.Clock ?? new TestClock();
        var log = new CapturedLog();
        var builder = FunctionsApplication.CreateBuilder([]);
        var settings = new Dictionary<string, string?>(stack.Stack.Settings(account))
        {
            ["urls"] = $"http://127.0.0.1:{options.Port}",
            ["Atp:ConfigurationFile:AdditionalRoots:0"] = stack.Authority.RootCertificate,
            ["Atp:Site:ShardCount"] = "8",
            // Every test is the same few administrators and devices, and in a hurry; LimitTests sets its own.
            ["Atp:Limits:AdministratorCallsPerMinute"] = "100000",
            ["Atp:Limits:DeviceCallsPerMinute"] = "100000",
            ["Atp:Limits:AnonymousCallsPerMinute"] = "100000",
            // Whatever the machine says: a test that wants telemetry says so itself.
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = null,
            ["APPLICATIONINSIGHTS_CONNECTION_STRING"] = null,
            ["AzureFunctionsJobHost:extensions:queues:visibilityTimeout"] = "00:00:00.200",
            ["AzureFunctionsJobHost:extensions:queues:maxPollingInterval"] = "00:00:00.200",
        };
        foreach (var name in options.Disabled.Concat(options.Timers ? [] : ["RollUpHealth", "Reconcile"]))
        {
            settings[$"AzureWebJobs.{name}.Disabled"] = "true";
        }

        foreach (var (key, value) in options.Settings)
        {
            settings[key] = value;
        }

        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Debug).AddProvider(log);
        builder.Services.AddSingleton<TimeProvider>(clock);
        var tap = new StorageTap();
        builder.Services.AddSingleton<HttpPipelinePolicy>(tap);
        if (options.Witness is not null)
        {
            builder.Services.AddSingleton<HttpPipelinePolicy>(options.Witness.OfStorage);
        }

        builder.UseFunctionsFrom(typeof(AtpFunctions).Assembly).UseFunctions(options.Functions);
        builder.ConfigureFunctionsWebApplication();
        builder.AddAtp();
        options.Services?.Invoke(builder.Services);
        var host = builder.Build();
        await host.StartAsync();
        return new AtpHost(host, stack, account, clock, log, tap, options);
    }

    public T Get<T>()
        where T : notnull => host.Services.GetRequiredService<T>();

    public HttpClient Client(params string[] roles)
    {
        var client = Anonymous();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", stack.Stack.Tokens.CreateToken(
            new TokenRequest { Subject = "test-admin", Name = "Test Admin", Audience = stack.Stack.Audience, Roles = roles }));
        return client;
    }

    public HttpClient Anonymous() =>
        new(new DescribedAnswers(witness?.OfAnswers() ?? new HttpClientHandler())) { BaseAddress = BaseAddress, Timeout = TimeSpan.FromMinutes(5) };

    public TableClient Table(string name) => Tables.GetTableClient(name);

    public QueueClient Queue(string name) => Queues.GetQueueClient(name);

    /// <summary>Leaves the account as it is, for an instance that comes after.</summary>
    public async Task StopAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await host.StopAsync(patience.Token);
        host.Dispose();
        Admin.Dispose();
    }

    /// <summary>Also empties the account that it brought: Azurite looks through the queues and messages of all accounts at each call.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (ownsAccount)
        {
            await Parallel.ForEachAsync(Queues.GetQueuesAsync(), async (queue, ct) => await Queues.DeleteQueueAsync(queue.Name, ct));
            await Parallel.ForEachAsync(Tables.QueryAsync(), async (table, ct) => await Tables.DeleteTableAsync(table.Name, ct));
        }
    }
}
