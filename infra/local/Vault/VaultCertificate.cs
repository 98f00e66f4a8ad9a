using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Atp.Local.Vault;

/// <summary>The emulator's own self-signed certificate for 127.0.0.1 and localhost.</summary>
internal static class VaultCertificate
{
    private static readonly TimeSpan Validity = TimeSpan.FromDays(365);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    public static X509Certificate2 Open(string? folder, TimeProvider clock)
    {
        if (folder is null)
        {
            return Load(Create(clock));
        }
        var path = Path.Combine(folder, "certificate.pfx");
        if (TryLoad(path) is { } kept)
        {
            if (kept.NotAfter.ToUniversalTime() > clock.GetUtcNow().UtcDateTime + RenewBefore)
            {
                return kept;
            }
            kept.Dispose();
        }
        var created = Create(clock);
        PrivateFile.CreateFolder(folder);
        PrivateFile.Write(path, created);
        return Load(created);
    }

    // Clients learn the certificate at each start, so one that can't be read is as good as none.
    private static X509Certificate2? TryLoad(string path)
    {
        try
        {
            return File.Exists(path) ? Load(File.ReadAllBytes(path)) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
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
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([ServerAuthentication], critical: false));
        var now = clock.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddHours(-1), now + Validity);
        return certificate.Export(X509ContentType.Pkcs12);
    }
}
