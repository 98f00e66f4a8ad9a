using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Atp.Local.Vault;

/// <summary>The emulator's own self-signed certificate for 127.0.0.1 and localhost.</summary>
internal static class VaultCertificate
{
    private static readonly TimeSpan Validity = TimeSpan.FromDays(365);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    public static X509Certificate2 Open(string? folder, TimeProvider clock)
    {
        if (folder is null)
        {
            return Load(Create(clock));
        }
        var path = Path.Combine(folder, "certificate.pfx");
        var kept = Load(PrivateFile.ReadOrCreate(path, () => Create(clock)));
        if (kept.NotAfter.ToUniversalTime() > clock.GetUtcNow().UtcDateTime + RenewBefore)
        {
            return kept;
        }
        kept.Dispose();
        var renewed = Create(clock);
        PrivateFile.Write(path, renewed);
        return Load(renewed);
    }

    private static X509Certificate2 Load(byte[] pfx) => X509CertificateLoader.LoadPkcs12(pfx, password: null);

    private static byte[] Create(TimeProvider clock)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Atp.Functions local key vault", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false)); // server authentication
        var now = clock.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddHours(-1), now + Validity);
        return certificate.Export(X509ContentType.Pkcs12);
    }
}
