using System.Collections.Concurrent;
using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Atp.Core.Policies;

/// <summary>
/// The configuration files in Blob storage: <c>policies/{policy id}/{sha256}</c>, byte for byte as uploaded, never changed. The
/// last few are kept in memory, since every device of a fleet asks for the same one.
/// </summary>
public sealed class PolicyFiles(BlobContainerClient container)
{
    private const string Root = "policies/";
    private const int MaxCached = 16;
    private readonly ConcurrentDictionary<string, BinaryData> cache = new();

    public static string NameOf(string policyId, string sha256) => $"{Root}{policyId}/{sha256}";

    /// <summary>Writes a file once; the same content is there already when an attempt is repeated.</summary>
    public async Task PutAsync(string policyId, string sha256, byte[] content, CancellationToken ct)
    {
        try
        {
            await container.GetBlobClient(NameOf(policyId, sha256)).UploadAsync(new BinaryData(content),
                new BlobUploadOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } }, ct);
        }
        catch (RequestFailedException e) when (e.Status == 409)
        {
            // Its name is its content's hash: what is there is what was to be written.
        }
    }

    /// <exception cref="InvalidDataException">What is stored is not what the policy names: it must not reach a device.</exception>
    public async Task<BinaryData> GetAsync(string policyId, string sha256, CancellationToken ct)
    {
        var name = NameOf(policyId, sha256);
        if (cache.TryGetValue(name, out var cached))
        {
            return cached;
        }

        var content = (await container.GetBlobClient(name).DownloadContentAsync(ct)).Value.Content;
        if (Convert.ToHexStringLower(SHA256.HashData(content)) != sha256)
        {
            throw new InvalidDataException($"The configuration file of policy {policyId} doesn't have the hash that the policy names. It is not delivered.");
        }

        if (cache.Count >= MaxCached)
        {
            cache.Clear();
        }

        return cache[name] = content;
    }

    /// <summary>All files by policy: id, hash, and when each was written.</summary>
    public async IAsyncEnumerable<(string PolicyId, string Sha256, DateTimeOffset WrittenAt)> ListAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var blob in container.GetBlobsAsync(BlobTraits.None, BlobStates.None, Root, ct))
        {
            var parts = blob.Name.Split('/');
            yield return (parts[1], parts[2], blob.Properties.LastModified ?? DateTimeOffset.MaxValue);
        }
    }

    public Task DeleteAsync(string policyId, string sha256, CancellationToken ct) =>
        container.DeleteBlobIfExistsAsync(NameOf(policyId, sha256), cancellationToken: ct);

    public async Task DeleteAllAsync(string policyId, CancellationToken ct)
    {
        await foreach (var blob in container.GetBlobsAsync(BlobTraits.None, BlobStates.None, $"{Root}{policyId}/", ct))
        {
            await container.DeleteBlobIfExistsAsync(blob.Name, cancellationToken: ct);
        }

        foreach (var name in cache.Keys.Where(k => k.StartsWith($"{Root}{policyId}/", StringComparison.Ordinal)))
        {
            cache.TryRemove(name, out _);
        }
    }
}
