using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Atp.Local.SamplePackages;

/// <summary>Signs made-up onboarding and offboarding files as Microsoft signs the genuine ones, under a root of its
/// own, which a service has to be told to accept. Every value in the files is invented.</summary>
public sealed class SampleAuthority : IDisposable
{
    private const string RootSubject = "CN=Atp.Functions sample root";
    private const string IntermediateSubject = "CN=Atp.Functions sample intermediate";
    private static readonly DateTimeOffset CaFrom = new(2015, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset CaUntil = new(2045, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // Quotation marks in the body as \" and not as \u0022, as in genuine files.
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly X509Certificate2 root;
    private readonly X509Certificate2 intermediate;
    private readonly X509Certificate2 signing;

    private SampleAuthority(X509Certificate2 root, X509Certificate2 intermediate, X509Certificate2 signing)
    {
        this.root = root;
        this.intermediate = intermediate;
        this.signing = signing;
    }

    /// <summary>DER in base64: the value of the setting <c>Atp:ConfigurationFile:AdditionalRoots:0</c>.</summary>
    public string RootCertificate => Convert.ToBase64String(root.RawDataMemory.Span);

    public static SampleAuthority Create(SampleAuthorityOptions? options = null)
    {
        options ??= new SampleAuthorityOptions();
        using var rootKey = RSA.Create(2048);
        using var intermediateKey = RSA.Create(2048);
        using var signingKey = RSA.Create(options.SigningKeyBits);

        var root = CaRequest(RootSubject, rootKey).CreateSelfSigned(CaFrom, CaUntil);
        var intermediate = Issue(CaRequest(IntermediateSubject, intermediateKey), root, CaFrom, CaUntil);
        using var issuer = intermediate.CopyWithPrivateKey(intermediateKey);

        var from = options.SigningFrom ?? options.Clock.GetUtcNow().AddDays(-1);
        var request = new CertificateRequest(
            options.SigningSubject, signingKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        using var signing = Issue(request, issuer, from, options.SigningUntil ?? from.AddYears(1));
        return new SampleAuthority(root, intermediate, signing.CopyWithPrivateKey(signingKey));
    }

    /// <summary>The authority kept in the folder, or a new one that is kept there. The keys of root and intermediate
    /// are not kept: nothing else is ever issued under them.</summary>
    public static SampleAuthority OpenOrCreate(string folder, SampleAuthorityOptions? options = null)
    {
        var path = Path.Combine(folder, "sample-authority.pfx");
        try
        {
            var kept = X509CertificateLoader.LoadPkcs12Collection(
                PrivateFile.ReadOrCreate(path, () => Export(options)), password: null, X509KeyStorageFlags.Exportable);
            return new SampleAuthority(
                kept.Single(c => c.Subject == RootSubject),
                kept.Single(c => c.Subject == IntermediateSubject),
                kept.Single(c => c.HasPrivateKey));
        }
        catch (Exception e) when (e is CryptographicException or InvalidOperationException)
        {
            throw new LocalStackException("The sample authority", $"{path} can't be read",
                "Delete the file, and a new root will be made.", e);
        }
    }

    public SampleFile CreateOnboarding(Guid orgId, string version = "1.9") => File("WindowsDefenderATP.onboarding", new JsonObject
    {
        ["previousOrgIds"] = new JsonArray(),
        ["orgId"] = orgId.ToString(),
        ["geoLocationUrl"] = "https://gateway.defender.example.com/",
        ["datacenter"] = "SampleDatacenter",
        ["vortexGeoLocation"] = "EU",
        ["version"] = version,
        ["vortexServerUrl"] = "https://events.defender.example.com/collector/1.0",
        ["vortexTicketUrl"] = "https://tickets.defender.example.com",
        ["partnerGeoLocation"] = "SampleGeography",
        ["packageGuid"] = Guid.NewGuid().ToString(),
    });

    public SampleFile CreateOffboarding(Guid orgId, DateTimeOffset expiresAt, string version = "1.65") =>
        File(string.Create(CultureInfo.InvariantCulture,
            $"WindowsDefenderATP_valid_until_{expiresAt.UtcDateTime:yyyy-MM-dd}.offboarding"), new JsonObject
            {
                ["orgIds"] = new JsonArray(orgId.ToString()),
                ["orgId"] = orgId.ToString(),
                ["expirationTimestamp"] = expiresAt.ToFileTime(),
                ["version"] = version,
            });

    /// <summary>The outer JSON around any body, valid or not: <c>body</c>, <c>sig</c>, <c>sha256sig</c>, <c>cert</c>
    /// and <c>chain</c>.</summary>
    public string Sign(string body)
    {
        using var key = signing.GetRSAPrivateKey()!;
        var signature = key.SignData(Encoding.UTF8.GetBytes(body), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        Array.Reverse(signature); // as Windows CryptoAPI writes them, least significant byte first
        var text = Convert.ToBase64String(signature);
        return new JsonObject
        {
            ["body"] = body,
            ["sig"] = text,
            ["sha256sig"] = text,
            ["cert"] = Convert.ToBase64String(signing.RawDataMemory.Span),
            ["chain"] = new JsonArray(Convert.ToBase64String(intermediate.RawDataMemory.Span), RootCertificate),
        }.ToJsonString(Plain);
    }

    public void Dispose()
    {
        root.Dispose();
        intermediate.Dispose();
        signing.Dispose();
    }

    private SampleFile File(string name, JsonObject body) => new(name, Encoding.UTF8.GetBytes(Sign(body.ToJsonString(Plain))));

    private static byte[] Export(SampleAuthorityOptions? options)
    {
        using var authority = Create(options);
        using var rootOnly = X509CertificateLoader.LoadCertificate(authority.root.RawData);
        var collection = new X509Certificate2Collection { rootOnly, authority.intermediate, authority.signing };
        return collection.Export(X509ContentType.Pkcs12)!;
    }

    private static CertificateRequest CaRequest(string subject, RSA key)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request;
    }

    private static X509Certificate2 Issue(
        CertificateRequest request, X509Certificate2 issuer, DateTimeOffset from, DateTimeOffset until)
    {
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
            issuer, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        return request.Create(issuer, from, until, RandomNumberGenerator.GetBytes(16));
    }
}
