using System.Security.Cryptography;
using Atp.Core.Devices;
using Atp.Core.Site;

namespace Atp.Core.Agent;

/// <summary>The enrollment keys that are valid, as one instance knows them. A class, so that nothing prints its members.</summary>
public sealed class EnrollmentKeySet(EnrollmentKeyVersions versions, byte[] primary, byte[]? secondary)
{
    public EnrollmentKeyVersions Versions { get; } = versions;

    /// <returns>
    /// Base64: under the enrollment key that the device was given its key by, so that a repeat gets the same; under the one that
    /// is handed out where that is not valid any more.
    /// </returns>
    public string KeyOf(Device device, DateTimeOffset now)
    {
        var generation = device.KeyGeneration == Versions.Generation || (secondary is not null && device.KeyGeneration == Versions.Generation - 1)
            ? device.KeyGeneration
            : Versions.HandedOutAt(now);
        return DeviceSigning.DeriveDeviceKey(generation == Versions.Generation ? primary : secondary!, device.Id, device.KeyVersion);
    }

    /// <returns>The key, base64, that a device is to sign with in place of its old one; null when it has the newest that is handed out.</returns>
    public string? NewKeyFor(DeviceToken token, DateTimeOffset now) =>
        token.KeyGeneration < Versions.Generation && Versions.HandedOutAt(now) == Versions.Generation
            ? DeviceSigning.DeriveDeviceKey(primary, token.DeviceId, token.KeyVersion)
            : null;

    /// <param name="deviceId">Who claims to have signed.</param>
    /// <param name="keyVersion">With which version of its key.</param>
    /// <param name="signature">What it sent.</param>
    /// <param name="sign">Signs the same with a device key.</param>
    /// <returns>The generation of the enrollment key that the signature is good under; null when it is forged.</returns>
    public int? GenerationOf(string deviceId, int keyVersion, byte[] signature, Func<string, byte[]> sign)
    {
        // All are always tried, so that the time taken tells nothing.
        var byPrimary = IsSignedUnder(primary);
        var bySecondary = secondary is not null && IsSignedUnder(secondary);
        return byPrimary ? Versions.Generation : bySecondary ? Versions.Generation - 1 : null;

        bool IsSignedUnder(byte[] enrollmentKey) => CryptographicOperations.FixedTimeEquals(
            sign(DeviceSigning.DeriveDeviceKey(enrollmentKey, deviceId, keyVersion)), signature);
    }
}
