using System.ComponentModel.DataAnnotations;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Atp.Core.Secrets;

/// <summary>
/// Everything that only a machine without Azure needs: Azurite's account key, the Key Vault emulator's certificate, its tokens,
/// OpenID Connect without TLS. Bound from <c>Atp:LocalTrust</c>; start-up refuses it unless every endpoint is loopback.
/// </summary>
public sealed class LocalTrust
{
    public const string Section = "Atp:LocalTrust";

    [Required] public string StorageAccountName { get; set; } = "";

    [Required] public string StorageAccountKey { get; set; } = "";

    /// <summary>Hex SHA-256 of the only certificate that is trusted for Key Vault.</summary>
    [Required] public string KeyVaultCertificateSha256 { get; set; } = "";

    /// <summary>Gives Key Vault tokens for the client credentials below.</summary>
    [Required] public Uri? TokenEndpoint { get; set; }

    [Required] public string ClientId { get; set; } = "";

    [Required] public string ClientSecret { get; set; } = "";

    /// <summary>Reads the OpenID Connect metadata of the authority over http.</summary>
    public bool AllowHttpAuthority { get; set; }

    /// <summary>Start-up refuses these settings unless every endpoint is on this machine.</summary>
    public static bool AreLoopback(params Uri?[] endpoints) => endpoints.All(endpoint => endpoint is null or { IsLoopback: true });

    /// <summary>A transport that trusts the pinned certificate and nothing else.</summary>
    public HttpPipelineTransport KeyVaultTransport() => new HttpClientTransport(new HttpClient(new SocketsHttpHandler
    {
        SslOptions =
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null
                && certificate.GetCertHashString(HashAlgorithmName.SHA256)
                    .Equals(KeyVaultCertificateSha256, StringComparison.OrdinalIgnoreCase),
        },
    }));

    public TokenCredential Credential() => new ClientCredential(TokenEndpoint!, ClientId, ClientSecret);

    private sealed class ClientCredential(Uri endpoint, string clientId, string clientSecret) : TokenCredential
    {
        private static readonly HttpClient Http = new();

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            GetTokenAsync(requestContext, cancellationToken).AsTask().GetAwaiter().GetResult();

        public override async ValueTask<AccessToken> GetTokenAsync(
            TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            using var form = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = clientId,
                ["client_secret"] = clientSecret,
                ["scope"] = string.Join(' ', requestContext.Scopes),
            });
            using var answer = await Http.PostAsync(endpoint, form, cancellationToken);
            answer.EnsureSuccessStatusCode();
            var token = await answer.Content.ReadFromJsonAsync<TokenAnswer>(cancellationToken)
                ?? throw new InvalidOperationException($"{endpoint} answered without a token.");
            return new AccessToken(token.Token, DateTimeOffset.UtcNow.AddSeconds(token.ExpiresIn));
        }

        private sealed record TokenAnswer(
            [property: JsonPropertyName("access_token")] string Token,
            [property: JsonPropertyName("expires_in")] int ExpiresIn);
    }
}
