using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Atp.Core.Agent;

/// <summary>
/// How a device signs: pure functions of its key, the same for the service and for agents. Tokens and reports are signed under
/// different labels, so that neither can be passed off as the other.
/// </summary>
public static class DeviceSigning
{
    public const string TokenScheme = "SharedAccessSignature";

    /// <summary>As in Azure DPS group enrollment: HMAC-SHA256 under the enrollment key over <c>{device id}!{key version}</c>.</summary>
    /// <returns>Base64.</returns>
    public static string DeriveDeviceKey(byte[] enrollmentKey, string deviceId, int keyVersion) => Convert.ToBase64String(
        HMACSHA256.HashData(enrollmentKey, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{deviceId}!{keyVersion}"))));

    /// <summary>The value of the <c>Authorization</c> header, valid until <paramref name="expiresAt"/>, a day ahead at most.</summary>
    public static string CreateToken(string deviceKey, string deviceId, int keyVersion, DateTimeOffset expiresAt)
    {
        var expiry = expiresAt.ToUnixTimeSeconds();
        var signature = Convert.ToBase64String(SignToken(deviceKey, deviceId, keyVersion, expiry));
        return string.Create(CultureInfo.InvariantCulture,
            $"{TokenScheme} sr={Uri.EscapeDataString(deviceId)}&sig={Uri.EscapeDataString(signature)}&se={expiry}&skn={keyVersion}");
    }

    /// <returns>Base64 over the exact bytes of the report's body.</returns>
    public static string SignReport(string deviceKey, ReadOnlySpan<byte> body) => Convert.ToBase64String(Sign(deviceKey, "report", body));

    internal static byte[] SignToken(string deviceKey, string deviceId, int keyVersion, long expiry) => Sign(deviceKey, "token",
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Uri.EscapeDataString(deviceId)}\n{keyVersion}\n{expiry}")));

    private static byte[] Sign(string deviceKey, string label, ReadOnlySpan<byte> content)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Convert.FromBase64String(deviceKey));
        hmac.AppendData(Encoding.UTF8.GetBytes($"{label}\n"));
        hmac.AppendData(content);
        return hmac.GetHashAndReset();
    }
}
