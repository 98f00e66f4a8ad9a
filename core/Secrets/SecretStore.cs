using System.Collections.Concurrent;
using System.Net;
using Azure;
using Azure.Security.KeyVault.Secrets;

namespace Atp.Core.Secrets;

/// <summary>
/// Key Vault. Values are cached in memory by name and version, since a version never changes and the vault throttles; a
/// bounded number of them, for an hour at most.
/// </summary>
public sealed class SecretStore(SecretClient client, TimeProvider clock)
{
    private const int MaxCached = 256;
    private static readonly TimeSpan CacheLifetime = TimeSpan.FromHours(1);
    private readonly ConcurrentDictionary<(string Name, string Version), (string Value, DateTimeOffset Until)> cache = new();

    /// <returns>The new version, which rows keep in place of the value.</returns>
    public async Task<string> SetAsync(string name, string value, CancellationToken ct)
    {
        try
        {
            return (await client.SetSecretAsync(name, value, ct)).Value.Properties.Version;
        }
        catch (RequestFailedException e) when (e.Status == (int)HttpStatusCode.Conflict)
        {
            // Soft-deleted under this name: only a policy that is created again by the same request can get here.
            var recovery = await client.StartRecoverDeletedSecretAsync(name, ct);
            await recovery.WaitForCompletionAsync(ct);
            return (await client.SetSecretAsync(name, value, ct)).Value.Properties.Version;
        }
    }

    /// <returns>The value, or null when the vault has no such version.</returns>
    public async Task<string?> FindAsync(string name, string version, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (cache.TryGetValue((name, version), out var cached) && cached.Until > now)
        {
            return cached.Value;
        }

        try
        {
            var value = (await client.GetSecretAsync(name, version, cancellationToken: ct)).Value.Value;
            if (cache.Count >= MaxCached)
            {
                cache.Clear();
            }

            cache[(name, version)] = (value, now + CacheLifetime);
            return value;
        }
        catch (RequestFailedException e) when (e.Status == (int)HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Soft-deletes all versions; recoverable for as long as the vault says. Nothing to delete is success.</summary>
    public async Task DeleteAsync(string name, CancellationToken ct)
    {
        try
        {
            await client.StartDeleteSecretAsync(name, ct);
        }
        catch (RequestFailedException e) when (e.Status == (int)HttpStatusCode.NotFound)
        {
            // Gone already: a policy without workspace, or a delete that is repeated.
        }

        foreach (var key in cache.Keys.Where(k => k.Name == name))
        {
            cache.TryRemove(key, out _);
        }
    }
}
