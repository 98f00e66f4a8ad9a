using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Atp.Core.Errors;
using Microsoft.Extensions.Options;

namespace Atp.Core.Policies;

/// <summary>
/// Verifies who made a configuration file: RSA of 2,048 bits or more, PKCS#1 v1.5, SHA-256 over the UTF-8 bytes of the body text,
/// the signature's bytes in reverse order as Windows CryptoAPI writes them; the certificate chained through the file's own chain
/// to a pinned root. Nothing is downloaded or looked up, and validity times are ignored: a file outlives its certificates.
/// </summary>
public sealed class SignatureVerifier(IOptions<ConfigurationFileOptions> options)
{
    /// <summary>SHA-256 of Microsoft Root Certificate Authority 2011.</summary>
    public const string MicrosoftRoot2011 = "847df6a78497943f27fc72eb93f9a637320a02b561d0a91b09e87a7807ed7c61";

    private const int MinimumKeyBits = 2048;

    /// <param name="body">The body, exactly as it stands in the file.</param>
    /// <param name="signature">Base64, little-endian.</param>
    /// <param name="certificate">Base64 of the signing certificate's DER.</param>
    /// <param name="chain">Base64 DER of the intermediate and the root.</param>
    /// <returns>Warnings: what failed, when the site doesn't require a valid signature.</returns>
    /// <exception cref="DomainException">Invalid: the signature or the certificate.</exception>
    public IReadOnlyList<string> Verify(string body, string signature, string certificate, IReadOnlyList<string> chain)
    {
        try
        {
            Check(body, signature, certificate, chain);
            return [];
        }
        catch (DomainException e) when (!options.Value.RequireValidSignature)
        {
            return [e.Error.Detail];
        }
    }

    private void Check(string body, string signature, string certificate, IReadOnlyList<string> chain)
    {
        using var signer = Load(certificate);
        var signatureBytes = Decode(signature);
        Array.Reverse(signatureBytes);
        using var key = signer.GetRSAPublicKey();
        if (key is null || key.KeySize < MinimumKeyBits)
        {
            throw ConfigurationFile.Invalid("certificate-untrusted", "The file is not signed with an RSA key of 2,048 bits or more.");
        }

        if (!key.VerifyData(Encoding.UTF8.GetBytes(body), signatureBytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))
        {
            throw ConfigurationFile.Invalid("signature-invalid",
                "The signature doesn't fit the file: it was changed after it was made. Download the package again.");
        }

        if (signer.Subject != options.Value.CertificateSubject)
        {
            throw ConfigurationFile.Invalid("certificate-untrusted", $"The file is signed by '{signer.Subject}', not by '{options.Value.CertificateSubject}'.");
        }

        CheckChain(signer, chain);
    }

    private void CheckChain(X509Certificate2 signer, IReadOnlyList<string> chain)
    {
        var given = chain.Select(Load).ToList();
        var pinned = options.Value.AdditionalRoots.Select(Load).ToList();
        try
        {
            var pins = pinned.Select(Sha256).Append(MicrosoftRoot2011).ToHashSet();
            using var builder = new X509Chain();
            builder.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            builder.ChainPolicy.CustomTrustStore.AddRange(pinned.Concat(given.Where(c => pins.Contains(Sha256(c)))).ToArray());
            builder.ChainPolicy.ExtraStore.AddRange(given.ToArray());
            builder.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            builder.ChainPolicy.DisableCertificateDownloads = true;
            builder.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid | X509VerificationFlags.IgnoreNotTimeNested;
            var trusted = builder.Build(signer) && pins.Contains(Sha256(builder.ChainElements[^1].Certificate));
            foreach (var element in builder.ChainElements)
            {
                element.Certificate.Dispose();
            }

            if (!trusted)
            {
                throw ConfigurationFile.Invalid("certificate-untrusted",
                    "The file's certificate doesn't lead to Microsoft's root, or to one that this site trusts.");
            }
        }
        finally
        {
            given.ForEach(c => c.Dispose());
            pinned.ForEach(c => c.Dispose());
        }
    }

    private static string Sha256(X509Certificate2 certificate) => Convert.ToHexStringLower(SHA256.HashData(certificate.RawData));

    private static X509Certificate2 Load(string base64)
    {
        try
        {
            return X509CertificateLoader.LoadCertificate(Decode(base64));
        }
        catch (CryptographicException e)
        {
            throw DomainError.Field(PackageReader.Field, "configuration-file.certificate-untrusted",
                "A certificate in the file can't be read.").ToException(e);
        }
    }

    private static byte[] Decode(string base64)
    {
        try
        {
            return Convert.FromBase64String(base64);
        }
        catch (FormatException e)
        {
            throw DomainError.Field(PackageReader.Field, "configuration-file.json-invalid",
                "The signature or a certificate in the file is not base64.").ToException(e);
        }
    }
}
