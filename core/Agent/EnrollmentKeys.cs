using System.Security.Cryptography;
using Atp.Core.Secrets;
using Atp.Core.Site;

namespace Atp.Core.Agent;

/// <summary>
/// The site's two enrollment keys, from which every device's key is derived. They are made on first use and live in Key Vault;
/// the site table says which versions count, so that instances which start together agree.
/// </summary>
public sealed class EnrollmentKeys(SiteTable site, SecretStore secrets, TimeProvider clock) : IDisposable
{
    public const string PrimarySecret = "enrollment-key-primary";
    public const string SecondarySecret = "enrollment-key-secondary";

    private const int KeyBytes = 64;
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(5);
    private readonly SemaphoreSlim reading = new(1);
    private (byte[] Primary, byte[] Secondary, long ReadAt)? keys;

    /// <returns>Primary (new device keys are derived from it) and secondary (still valid).</returns>
    public async ValueTask<(byte[] Primary, byte[] Secondary)> GetAsync(CancellationToken ct)
    {
        await reading.WaitAsync(ct);
        try
        {
            if (keys is not { } current || clock.GetElapsedTime(current.ReadAt) > Remembered)
            {
                var versions = await site.FindEnrollmentKeysAsync(ct) ?? await CreateAsync(ct);
                current = (await ReadAsync(PrimarySecret, versions.Primary, ct),
                    await ReadAsync(SecondarySecret, versions.Secondary, ct), clock.GetTimestamp());
                keys = current;
            }

            return (current.Primary, current.Secondary);
        }
        finally
        {
            reading.Release();
        }
    }

    public void Dispose() => reading.Dispose();

    private async Task<EnrollmentKeyVersions> CreateAsync(CancellationToken ct)
    {
        var versions = new EnrollmentKeyVersions(
            await secrets.SetAsync(PrimarySecret, NewKey(), ct), await secrets.SetAsync(SecondarySecret, NewKey(), ct), clock.GetUtcNow());
        return await site.TryAddEnrollmentKeysAsync(versions, ct)
            ? versions
            : (await site.FindEnrollmentKeysAsync(ct))!;
    }

    private async Task<byte[]> ReadAsync(string name, string version, CancellationToken ct) =>
        Convert.FromBase64String(await secrets.FindAsync(name, version, ct) ?? throw new InvalidOperationException(
            $"Key Vault has no version {version} of {name}, which the site table names. Recover the secret, or devices can't sign in."));

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));
}
