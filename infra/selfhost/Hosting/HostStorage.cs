using Azure.Core;
using Azure.Identity;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.Extensions.Configuration;

namespace Atp.SelfHost.Hosting;

/// <summary>Clients for the host's own storage: a connection string, or service addresses with an identity.</summary>
internal sealed class HostStorage(IConfiguration configuration)
{
    private const string DefaultConnection = "AzureWebJobsStorage";

    // What the host does for itself, polling above all, is no part of anybody's trace.
    private readonly QueueClientOptions queueOptions = new()
    {
        MessageEncoding = QueueMessageEncoding.None,
        Diagnostics = { IsDistributedTracingEnabled = false },
    };

    private readonly BlobClientOptions blobOptions = new() { Diagnostics = { IsDistributedTracingEnabled = false } };

    public QueueClient Queue(string? connection, string name)
    {
        var setting = connection ?? DefaultConnection;
        return configuration[setting] is { Length: > 0 } connectionString
            ? new QueueServiceClient(connectionString, queueOptions).GetQueueClient(name)
            : new QueueServiceClient(Address(setting, "queueServiceUri"), Credential(setting), queueOptions).GetQueueClient(name);
    }

    public BlobContainerClient Container(string name) => configuration[DefaultConnection] is { Length: > 0 } connectionString
        ? new BlobServiceClient(connectionString, blobOptions).GetBlobContainerClient(name)
        : new BlobServiceClient(Address(DefaultConnection, "blobServiceUri"), Credential(DefaultConnection), blobOptions).GetBlobContainerClient(name);

    private Uri Address(string setting, string service) => Uri.TryCreate(configuration[$"{setting}:{service}"], UriKind.Absolute, out var uri)
        ? uri
        : throw new InvalidOperationException($"The setting {setting} (a connection string) or {setting}__{service} is missing.");

    private TokenCredential Credential(string setting) => configuration[$"{setting}:credential"] == "managedidentity"
        ? new ManagedIdentityCredential(configuration[$"{setting}:clientId"] is { } clientId
            ? ManagedIdentityId.FromUserAssignedClientId(clientId)
            : ManagedIdentityId.SystemAssigned)
        : new DefaultAzureCredential();
}
