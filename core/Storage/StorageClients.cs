using Atp.Core.Secrets;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;

namespace Atp.Core.Storage;

/// <summary>
/// The SDK's clients, one of each, with every request counted, and passed through the pipeline policies that the process
/// registered for them.
/// </summary>
public sealed class StorageClients
{
    /// <summary>Of one try. What is stuck is tried again well before a caller gives up.</summary>
    public static readonly TimeSpan NetworkTimeout = TimeSpan.FromSeconds(30);

    private readonly TableServiceClient tables;
    private readonly TableServiceClient reporting;
    private readonly QueueServiceClient queues;

    public StorageClients(
        StorageOptions options, LocalTrust? local, TokenCredential credential, StorageTransactions transactions,
        IEnumerable<HttpPipelinePolicy> policies)
    {
        T Counted<T>(T clientOptions, string service)
            where T : ClientOptions
        {
            clientOptions.Retry.NetworkTimeout = NetworkTimeout;
            clientOptions.AddPolicy(transactions.CountingPolicy(service), HttpPipelinePosition.PerRetry);
            foreach (var policy in policies)
            {
                clientOptions.AddPolicy(policy, HttpPipelinePosition.PerCall);
            }

            return clientOptions;
        }

        var tableOptions = Counted(new TableClientOptions(), "table");
        var blobOptions = Counted(new BlobClientOptions(), "blob");
        // Agents and the functions host exchange plain JSON (host.json: messageEncoding none).
        var queueOptions = Counted(new QueueClientOptions { MessageEncoding = QueueMessageEncoding.None }, "queue");
        if (local is not null)
        {
            var key = new TableSharedKeyCredential(local.StorageAccountName, local.StorageAccountKey);
            var shared = new StorageSharedKeyCredential(local.StorageAccountName, local.StorageAccountKey);
            tables = new TableServiceClient(options.TableEndpoint, key, tableOptions);
            reporting = new TableServiceClient(options.ReportingTableEndpoint ?? options.TableEndpoint, key, tableOptions);
            queues = new QueueServiceClient(options.QueueEndpoint, shared, queueOptions);
            Onboarding = new BlobServiceClient(options.BlobEndpoint, shared, blobOptions).GetBlobContainerClient(Containers.Onboarding);
        }
        else
        {
            tables = new TableServiceClient(options.TableEndpoint, credential, tableOptions);
            reporting = new TableServiceClient(options.ReportingTableEndpoint ?? options.TableEndpoint, credential, tableOptions);
            queues = new QueueServiceClient(options.QueueEndpoint, credential, queueOptions);
            Onboarding = new BlobServiceClient(options.BlobEndpoint, credential, blobOptions)
                .GetBlobContainerClient(Containers.Onboarding);
        }
    }

    /// <summary>The container of the configuration files.</summary>
    public BlobContainerClient Onboarding { get; }

    public QueueServiceClient QueueService => queues;

    public TableClient Table(string name) =>
        (TableNames.Reporting.Contains(name) ? reporting : tables).GetTableClient(name);

    public QueueClient Queue(string name) => queues.GetQueueClient(name);

    /// <summary>Creates what is missing, so that an empty account is all that a site needs.</summary>
    public async Task EnsureCreatedAsync(CancellationToken ct)
    {
        await Task.WhenAll(
            Task.WhenAll(TableNames.Own.Concat(TableNames.Reporting).Select(name => Table(name).CreateIfNotExistsAsync(ct))),
            Task.WhenAll(Queues.All.SelectMany(name => new[] { name, name + Queues.PoisonSuffix })
                .Select(name => Queue(name).CreateIfNotExistsAsync(cancellationToken: ct))),
            Onboarding.CreateIfNotExistsAsync(cancellationToken: ct));
    }
}
