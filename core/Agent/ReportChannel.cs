using Atp.Core.Storage;
using Azure.Storage.Queues.Models;
using Azure.Storage.Sas;

namespace Atp.Core.Agent;

/// <summary>Where reports go, and until when the address works. UTC.</summary>
public sealed record ReportAddress(Uri QueueUri, DateTimeOffset ExpiresAt);

/// <summary>
/// Gives devices the right to add to <c>device-reports</c> and nothing else: a user-delegation SAS in Azure, where shared keys
/// are off; one signed with the account key on Azurite, which has no user delegation for queues.
/// </summary>
public sealed class ReportChannel(StorageClients storage, TimeProvider clock) : IDisposable
{
    /// <summary>Longer than the longest check-in interval, so that a device that checks in on time always has a good address.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(26);
    private static readonly TimeSpan DelegationLifetime = TimeSpan.FromDays(6);
    private readonly SemaphoreSlim renewing = new(1);
    private (UserDelegationKey Key, DateTimeOffset ExpiresAt)? delegation;

    public async Task<ReportAddress> GetAsync(CancellationToken ct)
    {
        var queue = storage.Queue(Queues.DeviceReports);
        var expiresAt = clock.GetUtcNow() + Lifetime;
        return new ReportAddress(
            queue.CanGenerateSasUri
                ? queue.GenerateSasUri(QueueSasPermissions.Add, expiresAt)
                : queue.GenerateUserDelegationSasUri(QueueSasPermissions.Add, expiresAt, await DelegationKeyAsync(expiresAt, ct)),
            expiresAt);
    }

    public void Dispose() => renewing.Dispose();

    private async Task<UserDelegationKey> DelegationKeyAsync(DateTimeOffset neededUntil, CancellationToken ct)
    {
        await renewing.WaitAsync(ct);
        try
        {
            if (delegation is not { } current || current.ExpiresAt < neededUntil)
            {
                var expiresAt = clock.GetUtcNow() + DelegationLifetime;
                var key = await storage.QueueService.GetUserDelegationKeyAsync(null, expiresAt, ct);
                current = (key.Value, expiresAt);
                delegation = current;
            }

            return current.Key;
        }
        finally
        {
            renewing.Release();
        }
    }
}
