using System.Net;
using Azure;
using Azure.Security.KeyVault.Secrets;

namespace Atp.Core.Secrets;

/// <summary>
/// Key Vault. Values are kept in memory by name and version, since a version never changes and the vault throttles; a bounded
/// number of them, for an hour at most.
/// </summary>
public sealed class SecretStore(SecretClient client, TimeProvider clock) : IDisposable
{
    private const int MaxCached = 256;
    private readonly DecryptedCache<string?> cache = new(MaxCached, clock);

    /// <returns>The new version, which rows keep in place of the value.</returns>
    public async Task<string> SetAsync(string name, string value, CancellationToken ct)
    {
        try
        {
            return (await client.SetSecretAsync(name, value, ct)).Value.Properties.Version;
        }
        catch (RequestFailedException e) when (e.Status == (int)HttpStatusCode.Conflict)
        {
            // Soft-deleted under this name: somebody deleted it in the vault, or the policy that had it is gone and created again by
            // the same request.
            await RecoverAsync(name, ct);
            return (await client.SetSecretAsync(name, value, ct)).Value.Properties.Version;
        }
    }

    /// <returns>The value, or null when the vault has no such version.</returns>
    public Task<string?> FindAsync(string name, string version, CancellationToken ct) => cache.GetAsync($"{name}/{version}", async () =>
    {
        var value = await ReadAsync(name, version, CancellationToken.None);
        return (value, value is null ? null : 1);
    }, ct);

    /// <summary>Whether the vault itself has this version now.</summary>
    public async Task<bool> ExistsAsync(string name, string version, CancellationToken ct) => await ReadAsync(name, version, ct) is not null;

    /// <summary>
    /// Soft-deletes all versions, and waits until the vault has; recoverable for as long as it says. Nothing to delete is success.
    /// </summary>
    public async Task DeleteAsync(string name, CancellationToken ct)
    {
        cache.Remove($"{name}/");
        try
        {
            await (await client.StartDeleteSecretAsync(name, ct)).WaitForCompletionAsync(ct);
        }
        catch (RequestFailedException e) when (e.Status == (int)HttpStatusCode.NotFound)
        {
            // Gone already: a policy without workspace, or a delete that is repeated.
        }

        cache.Remove($"{name}/"); // what was read meanwhile
    }

    /// <summary>Brings back all versions of a soft-deleted secret, and waits until the vault has. One that isn't deleted stays as it is.</summary>
    public async Task RecoverAsync(string name, CancellationToken ct)
    {
        try
        {
            await (await client.StartRecoverDeletedSecretAsync(name, ct)).WaitForCompletionAsync(ct);
        }
        catch (RequestFailedException e) when (e.Status == (int)HttpStatusCode.NotFound)
        {
            // In use, or there never was one, or it was purged: who reads it sees which.
        }
    }

    public void Dispose() => cache.Dispose();

    private async Task<string?> ReadAsync(string name, string version, CancellationToken ct)
    {
        try
        {
            return (await client.GetSecretAsync(name, version, cancellationToken: ct)).Value.Value;
        }
        catch (RequestFailedException e) when (e.Status == (int)HttpStatusCode.NotFound)
        {
            return null;
        }
    }
}
