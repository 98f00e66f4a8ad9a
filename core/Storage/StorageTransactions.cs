using Atp.Core.Telemetry;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Atp.Core.Storage;

/// <summary>
/// Counts the storage requests that our code makes, retries included: what the budgets of the design and the bill are made
/// of. Also published as the metric <c>atp.storage.transactions</c>.
/// </summary>
public sealed class StorageTransactions(AtpMetrics metrics)
{
    private long total;

    /// <summary>All requests since the process started.</summary>
    public long Total => Interlocked.Read(ref total);

    /// <summary>The pipeline policy that counts requests to one service (<c>table</c>, <c>blob</c>, <c>queue</c>).</summary>
    public HttpPipelinePolicy CountingPolicy(string service) => new Policy(this, service);

    private void Count(string service, Request request)
    {
        Interlocked.Increment(ref total);
        // The transport asks for the same Uri, which the request keeps.
        metrics.StorageTransaction(service, StorageOperations.Of(service, request.Method, request.Uri.ToUri().OriginalString));
    }

    private sealed class Policy(StorageTransactions transactions, string service) : HttpPipelineSynchronousPolicy
    {
        public override void OnSendingRequest(HttpMessage message) => transactions.Count(service, message.Request);
    }
}
