using System.Security.Cryptography;
using Atp.Local;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;

namespace Atp.Infra.Tests.Local;

/// <summary>Clients for the emulator, set up as the functions set up theirs: certificate pinned, real token.</summary>
internal static class VaultClients
{
    public static TimeSpan QuickPolling { get; } = TimeSpan.FromMilliseconds(20);

    public static SecretClient Secrets(KeyVaultEmulator vault, TokenIssuer tokens, TokenCredential? credential = null) => new(
        vault.Endpoint,
        credential ?? new LocalTokenCredential(tokens, "test"),
        new SecretClientOptions
        {
            DisableChallengeResourceVerification = true,
            Transport = new HttpClientTransport(Http(vault.CertificateSha256)),
            Retry = { MaxRetries = 1, Delay = TimeSpan.FromMilliseconds(10) },
        });

    public static HttpClient Http(string certificateSha256) => new(new HttpClientHandler
    {
        ServerCertificateCustomValidationCallback = (_, certificate, _, _) =>
            certificate is not null && Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256)) == certificateSha256,
    });
}
