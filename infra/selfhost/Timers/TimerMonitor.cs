using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Microsoft.Azure.Functions.Worker;

namespace Atp.SelfHost.Timers;

/// <summary>Remembers when a timer is due next, where the genuine host does.</summary>
internal sealed class TimerMonitor(BlobContainerClient container, string hostId, string function)
{
    private readonly BlobClient blob = container.GetBlobClient($"timers/{hostId}/Host.Functions.{function}/status");

    public async Task<ScheduleStatus?> ReadAsync(CancellationToken ct)
    {
        try
        {
            return (await blob.DownloadContentAsync(ct)).Value.Content.ToObjectFromJson<ScheduleStatus>();
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
        catch (JsonException)
        {
            return null; // written half by something else: as good as the first start
        }
    }

    public Task WriteAsync(ScheduleStatus status, CancellationToken ct) =>
        blob.UploadAsync(BinaryData.FromObjectAsJson(status), overwrite: true, ct);
}
