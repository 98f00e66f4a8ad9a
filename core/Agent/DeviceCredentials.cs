using System.Globalization;
using Atp.Core.Devices;

namespace Atp.Core.Agent;

/// <summary>Who a device token speaks for. The device row decides whether that key version is still good.</summary>
/// <param name="KeyGeneration">Of the enrollment key that its key was derived from.</param>
public sealed record DeviceToken(string DeviceId, int KeyVersion, int KeyGeneration);

/// <summary>Device keys and what is signed with them. Needs no row: a forged credential costs no storage transaction.</summary>
public sealed class DeviceCredentials(EnrollmentKeys enrollment, TimeProvider clock)
{
    /// <summary>A token that claims to live longer is refused.</summary>
    public static readonly TimeSpan LongestToken = TimeSpan.FromDays(1);

    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    /// <returns>The key, base64, that a device is to sign with in place of its old one; null when it has the newest that is handed out.</returns>
    public async Task<string?> NewKeyForAsync(DeviceToken token, CancellationToken ct) =>
        (await enrollment.GetAsync(ct)).NewKeyFor(token, clock.GetUtcNow());

    /// <param name="authorization">The whole header: <c>SharedAccessSignature sr=…&amp;sig=…&amp;se=…&amp;skn=…</c>.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Null when it is malformed, forged, expired, or lives longer than a day.</returns>
    public async Task<DeviceToken?> VerifyAsync(string? authorization, CancellationToken ct)
    {
        if (Parse(authorization) is not { } claim)
        {
            return null;
        }

        var expiresAt = DateTimeOffset.FromUnixTimeSeconds(claim.Expiry);
        var now = clock.GetUtcNow();
        if (expiresAt <= now || expiresAt > now + LongestToken + ClockSkew)
        {
            return null;
        }

        var generation = (await enrollment.GetAsync(ct)).GenerationOf(claim.DeviceId, claim.KeyVersion, claim.Signature,
            key => DeviceSigning.SignToken(key, claim.DeviceId, claim.KeyVersion, claim.Expiry));
        return generation is null ? null : new DeviceToken(claim.DeviceId, claim.KeyVersion, generation.Value);
    }

    /// <summary>Whether these exact bytes were signed with this version of the device's key.</summary>
    public async Task<bool> VerifyReportAsync(string deviceId, int keyVersion, byte[] body, byte[] signature, CancellationToken ct) =>
        (await enrollment.GetAsync(ct)).GenerationOf(
            deviceId, keyVersion, signature, key => Convert.FromBase64String(DeviceSigning.SignReport(key, body))) is not null;

    private static Claim? Parse(string? authorization)
    {
        const string Prefix = DeviceSigning.TokenScheme + " ";
        if (authorization is null || authorization.Length > 1024 || !authorization.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var parts = new Dictionary<string, string>();
        foreach (var part in authorization[Prefix.Length..].Split('&'))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || !parts.TryAdd(part[..equals], Uri.UnescapeDataString(part[(equals + 1)..])))
            {
                return null;
            }
        }

        var signature = new byte[32];
        return parts.Count == 4
            && DeviceId.TryParse(parts.GetValueOrDefault("sr"), out var deviceId)
            && Convert.TryFromBase64String(parts.GetValueOrDefault("sig") ?? "", signature, out var length) && length == signature.Length
            && long.TryParse(parts.GetValueOrDefault("se"), NumberStyles.None, CultureInfo.InvariantCulture, out var expiry)
            && expiry <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            && int.TryParse(parts.GetValueOrDefault("skn"), NumberStyles.None, CultureInfo.InvariantCulture, out var keyVersion)
                ? new Claim(deviceId, keyVersion, expiry, signature)
                : null;
    }

    private sealed record Claim(string DeviceId, int KeyVersion, long Expiry, byte[] Signature);
}
