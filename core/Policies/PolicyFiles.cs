using System.Security.Cryptography;
using Atp.Core.Secrets;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Atp.Core.Policies;

/// <summary>A configuration file as it was found.</summary>
/// <param name="Content">Null when it isn't what its name says: nothing of it must reach a device.</param>
/// <param name="Sha256">Of what is stored, or of its beginning when that is longer than a file may be; null when there is nothing.</param>
public sealed record StoredFile(BinaryData? Content, string? Sha256);

/// <summary>
/// The configuration files in Blob storage: <c>policies/{policy id}/{sha256}</c>, byte for byte as uploaded, never changed. Some are
/// kept in memory for an hour at most, since every device of a fleet asks for the same one.
/// </summary>
public sealed class PolicyFiles(BlobContainerClient container, TimeProvider clock) : IDisposable
{
    private const string Root = "policies/";
    private const long MaxCachedBytes = 16 * PackageReader.MaxBytes;
    private readonly DecryptedCache<StoredFile> cache = new(MaxCachedBytes, clock);

    public static string NameOf(string policyId, string sha256) => $"{Root}{policyId}/{sha256}";

    /// <summary>
    /// Writes a file, whatever there is: its name is its content's hash, so the same content is written by an attempt that is
    /// repeated, and a damaged file is good again.
    /// </summary>
    public Task PutAsync(string policyId, string sha256, byte[] content, CancellationToken ct) =>
        container.GetBlobClient(NameOf(policyId, sha256)).UploadAsync(new BinaryData(content), overwrite: true, ct);

    /// <summary>From memory, or else from storage.</summary>
    public Task<StoredFile> GetAsync(string policyId, string sha256, CancellationToken ct) => cache.GetAsync(NameOf(policyId, sha256), async () =>
    {
        var file = await ReadAsync(policyId, sha256, CancellationToken.None);
        return (file, file.Content?.ToMemory().Length);
    }, ct);

    /// <summary>As it is in storage now.</summary>
    public async Task<StoredFile> ReadAsync(string policyId, string sha256, CancellationToken ct)
    {
        try
        {
            // No more than a file may have: what somebody put in its place may have any size.
            var content = (await container.GetBlobClient(NameOf(policyId, sha256)).DownloadContentAsync(
                new BlobDownloadOptions { Range = new HttpRange(0, PackageReader.MaxBytes + 1) }, ct)).Value.Content;
            var found = Convert.ToHexStringLower(SHA256.HashData(content));
            return new StoredFile(found == sha256 ? content : null, found);
        }
        catch (RequestFailedException e) when (e.Status is 404 or 416)
        {
            return new StoredFile(null, null); // missing, or empty
        }
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

        Forget(policyId);
    }

    /// <summary>Lets go of a policy's files in memory.</summary>
    public void Forget(string policyId) => cache.Remove($"{Root}{policyId}/");

    public void Dispose() => cache.Dispose();
}
