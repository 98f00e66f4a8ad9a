using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;

namespace Atp.SelfHost.Timers;

/// <summary>One instance of a site runs a timer at a time: a blob lease of 60 seconds, renewed while it is held.</summary>
internal sealed class TimerLock(BlobContainerClient container, string hostId, string function)
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(60);
    private readonly BlobClient blob = container.GetBlobClient($"locks/{hostId}/Host.Functions.{function}.Listener");
    private BlobLeaseClient? lease;

    /// <summary>How often a held lease is renewed, and a missing one is asked for.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(20);

    public bool IsHeld => lease is not null;

    /// <summary>Takes the lease or keeps it.</summary>
    /// <returns>False while another instance has it.</returns>
    public async Task<bool> HoldAsync(CancellationToken ct)
    {
        try
        {
            if (lease is not null)
            {
                await lease.RenewAsync(cancellationToken: ct);
                return true;
            }

            if (!await blob.ExistsAsync(ct))
            {
                await container.CreateIfNotExistsAsync(cancellationToken: ct);
                await blob.UploadAsync(BinaryData.Empty, ct);
            }

            var mine = blob.GetBlobLeaseClient();
            await mine.AcquireAsync(Length, cancellationToken: ct);
            lease = mine;
            return true;
        }
        catch (RequestFailedException e) when (e.Status is 409 or 412)
        {
            lease = null;
            return false;
        }
    }

    public async Task ReleaseAsync()
    {
        if (lease is { } held)
        {
            lease = null;
            try
            {
                await held.ReleaseAsync();
            }
            catch (RequestFailedException e) when (e.Status is 404 or 409 or 412)
            {
                // Lost meanwhile: another instance has it.
            }
        }
    }
}
