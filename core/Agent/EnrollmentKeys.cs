using System.Security.Cryptography;
using Atp.Core.Secrets;
using Atp.Core.Site;

namespace Atp.Core.Agent;

/// <summary>
/// The site's enrollment keys, from which every device's key is derived: versions of one secret in Key Vault. The site table says
/// which of them count, so that instances agree; one that nobody came to name is never used. The first is made on first use.
/// </summary>
public sealed class EnrollmentKeys(SiteTable site, SecretStore secrets, TimeProvider clock) : IDisposable
{
    public const string Secret = "enrollment-key";

    private const int KeyBytes = 64;
    private readonly SemaphoreSlim reading = new(1);
    private volatile KnownKeys? known;

    /// <summary>As they were at most <see cref="EnrollmentKeyVersions.Remembered"/> ago, whoever asks: a forged credential has nothing read.</summary>
    public async ValueTask<EnrollmentKeySet> GetAsync(CancellationToken ct)
    {
        await reading.WaitAsync(ct);
        try
        {
            if (known is not { } current || clock.GetElapsedTime(current.ReadAt) > EnrollmentKeyVersions.Remembered)
            {
                var readAt = clock.GetTimestamp(); // before it is read: from then on it may change
                var versions = (await site.FindEnrollmentKeysAsync(ct))?.Value ?? await CreateAsync(ct);
                current = new KnownKeys(new EnrollmentKeySet(versions, await ReadAsync(versions.Primary, ct),
                    versions.Secondary is { } secondary ? await ReadAsync(secondary, ct) : null), readAt);
                known = current;
            }

            return current.Keys;
        }
        finally
        {
            reading.Release();
        }
    }

    /// <summary>Makes a key that counts once the site table names it.</summary>
    /// <returns>Its version in Key Vault.</returns>
    public Task<string> MakeAsync(CancellationToken ct) =>
        secrets.SetAsync(Secret, Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes)), ct);

    /// <summary>Called after a change by this instance.</summary>
    public void Forget() => known = null;

    public void Dispose() => reading.Dispose();

    private async Task<EnrollmentKeyVersions> CreateAsync(CancellationToken ct)
    {
        var versions = new EnrollmentKeyVersions(await MakeAsync(ct), null, 1, clock.GetUtcNow());
        return await site.TryAddEnrollmentKeysAsync(versions, ct)
            ? versions
            : (await site.FindEnrollmentKeysAsync(ct))!.Value;
    }

    private async Task<byte[]> ReadAsync(string version, CancellationToken ct) =>
        Convert.FromBase64String(await secrets.FindAsync(Secret, version, ct) ?? throw new InvalidOperationException(
            $"Key Vault has no version {version} of {Secret}, which the site table names. Recover the secret, or devices can't sign in."));

    private sealed record KnownKeys(EnrollmentKeySet Keys, long ReadAt);
}
