using Atp.Core.Agent;

namespace Atp.Core.Tests.Agent;

/// <summary>Values computed elsewhere (HMAC-SHA256), so that an agent in another language has something to hold on to.</summary>
public sealed class DeviceSigningTests
{
    private static readonly byte[] EnrollmentKey = [.. Enumerable.Range(0, 64).Select(i => (byte)i)];
    private const string DeviceKey = "mnOY9I1D3HsAtS3fx1Q3p4i8skmFbieQoSwJtn/rhNM=";

    [Fact]
    public void A_device_key_is_derived_from_the_enrollment_key() =>
        Assert.Equal(DeviceKey, DeviceSigning.DeriveDeviceKey(EnrollmentKey, "pc:1", 2));

    [Fact]
    public void A_token_names_device_expiry_and_key_version_and_signs_them() => Assert.Equal(
        "SharedAccessSignature sr=pc%3A1&sig=6BOpL0wVLO%2FCTuTHxpLrroq8JWQLXbg6FVJSfd1Vygc%3D&se=1772600767&skn=2",
        DeviceSigning.CreateToken(DeviceKey, "pc:1", 2, DateTimeOffset.FromUnixTimeSeconds(1772600767)));

    [Fact]
    public void A_report_is_signed_over_its_exact_bytes() =>
        Assert.Equal("IkKkSc7hn4RYBUJw+ClUbU0K3SM2zV+ZQoIS6ddtsyo=", DeviceSigning.SignReport(DeviceKey, """{"senseIsRunning":true}"""u8));

    [Fact]
    public void Neither_can_be_passed_off_as_the_other() => Assert.NotEqual(
        Convert.ToBase64String(DeviceSigning.SignToken(DeviceKey, "pc:1", 2, 1772600767)),
        DeviceSigning.SignReport(DeviceKey, "pc%3A1\n2\n1772600767"u8));
}
