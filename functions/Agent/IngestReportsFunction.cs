using Atp.Core.Agent;
using Atp.Core.Storage;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Agent;

/// <summary>Takes in what devices report. Storage failures escape, so that the host delivers the message again.</summary>
public sealed class IngestReportsFunction(ReportService reports)
{
    /// <summary>Bytes, since the signatures cover them exactly.</summary>
    [Function("IngestReports")]
    public Task RunAsync([QueueTrigger(Queues.DeviceReports)] byte[] message, CancellationToken ct) => reports.IngestAsync(message, ct);
}
