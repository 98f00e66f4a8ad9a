using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Atp.Local.Vault;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Atp.Local;

/// <summary>The part of Key Vault that <c>SecretClient</c> uses, without backup and restore, on 127.0.0.1 over TLS
/// with its own certificate. It takes the tokens of one <see cref="TokenIssuer"/>. Clients must pin
/// <see cref="CertificateSha256"/> and set <c>DisableChallengeResourceVerification</c>.</summary>
public sealed class KeyVaultEmulator : IAsyncDisposable
{
    /// <summary>What tokens for it must have as audience, as with the service.</summary>
    public const string Audience = "https://vault.azure.net";

    private const string Part = "The Key Vault emulator";

    private readonly X509Certificate2 certificate;
    private readonly TokenIssuer tokens;
    private LoopbackServer? server;

    private KeyVaultEmulator(X509Certificate2 certificate, TokenIssuer tokens)
    {
        this.certificate = certificate;
        this.tokens = tokens;
    }

    public Uri Endpoint => server?.Address ?? throw new InvalidOperationException($"{Part} has not started.");

    /// <summary>SHA-256 of the certificate, 64 hexadecimal digits in lower case.</summary>
    public string CertificateSha256 => Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256));

    /// <exception cref="LocalStackException">The port is in use, or the kept secrets can't be read.</exception>
    public static async Task<KeyVaultEmulator> StartAsync(
        KeyVaultEmulatorOptions options, TokenIssuer tokens, CancellationToken ct)
    {
        var store = OpenStore(options);
        var emulator = new KeyVaultEmulator(VaultCertificate.Open(options.DataFolder, options.Clock), tokens);
        try
        {
            emulator.server = await LoopbackServer.StartAsync(Part, options.Port, emulator.certificate, application =>
            {
                application.Use(AnswerErrorsAsync);
                application.Use(emulator.AuthenticateAsync);
                new SecretEndpoints(store, () => emulator.Endpoint).Map(application);
            }, ct);
            return emulator;
        }
        catch
        {
            emulator.certificate.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (server is not null)
        {
            await server.DisposeAsync();
        }
        certificate.Dispose();
    }

    private static SecretStore OpenStore(KeyVaultEmulatorOptions options)
    {
        try
        {
            return new SecretStore(options.DataFolder is null ? null : SecretFile.Open(options.DataFolder), options.Clock);
        }
        catch (Exception e) when (e is CryptographicException or JsonException)
        {
            throw new LocalStackException(Part,
                $"the secrets in {options.DataFolder} can't be decrypted with the key beside them",
                "Put the key file back, or delete the folder to start with no secrets.", e);
        }
    }

    // The SDK sends its first request without a token and learns from this answer where to get one.
    private async Task AuthenticateAsync(HttpContext context, RequestDelegate next)
    {
        var hasToken = AuthenticationHeaderValue.TryParse(context.Request.Headers.Authorization, out var header)
            && string.Equals(header.Scheme, "Bearer", StringComparison.OrdinalIgnoreCase);
        var fault = hasToken
            ? await tokens.FindFaultAsync(header!.Parameter ?? "", Audience)
            : "Request is missing a Bearer token.";
        if (fault is null)
        {
            await next(context);
            return;
        }
        var reason = hasToken ? ", error=\"invalid_token\"" : "";
        context.Response.Headers.WWWAuthenticate = $"Bearer authorization=\"{tokens.Tenant}\", resource=\"{Audience}\"{reason}";
        await new VaultException(401, "Unauthorized", fault).WriteToAsync(context.Response);
    }

    private static async Task AnswerErrorsAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
            if (context.Response is { StatusCode: 404 or 405, HasStarted: false })
            {
                await new VaultException(context.Response.StatusCode, "BadParameter",
                    $"The emulator has no {context.Request.Method} {context.Request.Path}.").WriteToAsync(context.Response);
            }
        }
        catch (VaultException e)
        {
            await e.WriteToAsync(context.Response);
        }
    }
}
