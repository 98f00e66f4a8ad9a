using System.Diagnostics.Metrics;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Atp.Core.Storage;

/// <summary>
/// Counts the storage requests that our code makes, retries included: what the budgets of the design and the bill are made
/// of. Also published as the metric <c>atp.storage.transactions</c>.
/// </summary>
public sealed class StorageTransactions : IDisposable
{
    public const string MeterName = "Atp.Core.Storage";

    private readonly Meter meter = new(MeterName);
    private readonly Counter<long> counter;
    private long total;

    public StorageTransactions() => counter = meter.CreateCounter<long>("atp.storage.transactions", "{transaction}");

    /// <summary>All requests since the process started.</summary>
    public long Total => Interlocked.Read(ref total);

    public void Dispose() => meter.Dispose();

    /// <summary>The pipeline policy that counts requests to one service (<c>table</c>, <c>blob</c>, <c>queue</c>).</summary>
    public HttpPipelinePolicy CountingPolicy(string service) => new Policy(this, service);

    private void Count(string service, string method)
    {
        Interlocked.Increment(ref total);
        counter.Add(1, new KeyValuePair<string, object?>("service", service), new KeyValuePair<string, object?>("method", method));
    }

    private sealed class Policy(StorageTransactions transactions, string service) : HttpPipelineSynchronousPolicy
    {
        public override void OnSendingRequest(HttpMessage message) =>
            transactions.Count(service, message.Request.Method.Method);
    }
}
