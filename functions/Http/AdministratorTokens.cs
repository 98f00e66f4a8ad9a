using Atp.Core.Errors;
using Atp.Core.Requests;
using Atp.Core.Secrets;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Atp.Functions.Http;

/// <summary>An administrator as the token says.</summary>
public sealed record Administrator(Caller Caller, IReadOnlySet<string> Roles);

/// <summary>
/// Validates Entra ID access tokens, version 1.0 and 2.0, of users and of applications: signature by the key that the token
/// names, among those that the issuer publishes, issuer, audience, lifetime.
/// </summary>
public sealed class AdministratorTokens
{
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How long a key that the issuer began to use without notice may go unknown here. Not shorter, since anybody can make up key
    /// ids: whatever they send, an instance asks the issuer for two small documents this often at most.
    /// </summary>
    private static readonly TimeSpan KeysReadAgainAfter = TimeSpan.FromSeconds(30);

    private readonly JsonWebTokenHandler handler = new() { MapInboundClaims = false };
    private readonly ConfigurationManager<OpenIdConnectConfiguration> issuer;
    private readonly EntraOptions entra;

    public AdministratorTokens(IOptions<EntraOptions> options, LocalTrust? local = null)
    {
        entra = options.Value;
        issuer = new ConfigurationManager<OpenIdConnectConfiguration>(
            $"{entra.Authority!.AbsoluteUri.TrimEnd('/')}/.well-known/openid-configuration", new OpenIdConnectConfigurationRetriever(),
            new HttpDocumentRetriever(new HttpClient { Timeout = TimeSpan.FromSeconds(10), MaxResponseContentBufferSize = 1024 * 1024 })
            {
                RequireHttps = local is not { AllowHttpAuthority: true },
            })
        {
            RefreshInterval = KeysReadAgainAfter,
        };
    }

    /// <param name="authorization">The whole header: <c>Bearer …</c>.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DomainException">Unauthenticated: there is no token, or it isn't good here; why is the inner exception.</exception>
    /// <exception cref="InvalidOperationException">The issuer's keys were never read and can't be now.</exception>
    public async Task<Administrator> ValidateAsync(string? authorization, CancellationToken ct)
    {
        const string Prefix = "Bearer ";
        if (string.IsNullOrEmpty(authorization) || !authorization.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            throw new DomainError(ErrorKind.Unauthenticated, "token.missing",
                "Send an access token for this service: 'Authorization: Bearer …'.").ToException();
        }

        // Remembered, and read again after some 12 hours. An issuer that is down at first must not look like a bad token.
        var published = await issuer.GetConfigurationAsync(ct);
        var result = await handler.ValidateTokenAsync(authorization[Prefix.Length..].Trim(), ParametersFor(published));
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException)
        {
            // In the background: nobody waits for the issuer on a stranger's word. A caller with a new key gets in at the next call.
            issuer.RequestRefresh();
        }

        return result.IsValid ? AdministratorOf((JsonWebToken)result.SecurityToken) : throw Invalid(result.Exception);
    }

    /// <summary>
    /// Made for each call, since the handler writes in them when it may ask for keys itself. It may not: it would go on accepting
    /// keys that the issuer has withdrawn for an hour, and ask for new ones at every bad signature.
    /// </summary>
    private TokenValidationParameters ParametersFor(OpenIdConnectConfiguration published) => new()
    {
        IssuerSigningKeys = published.SigningKeys,
        TryAllIssuerSigningKeys = false,
        ValidIssuers = [published.Issuer, .. entra.AdditionalIssuers],
        ValidAudience = entra.Audience,
        ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
        ValidTypes = ["JWT", "at+jwt"],
        RequireExpirationTime = true,
        RequireSignedTokens = true,
        ClockSkew = ClockSkew,
    };

    /// <summary>Tokens of version 1.0 name the application and the user by other claims than those of 2.0.</summary>
    private static Administrator AdministratorOf(JsonWebToken token)
    {
        var subject = Claim(token, "oid") ?? Claim(token, "sub") ?? throw Invalid(null);
        var application = Claim(token, "azp") ?? Claim(token, "appid");
        var name = Claim(token, "name") ?? Claim(token, "preferred_username") ?? Claim(token, "unique_name") ?? application ?? subject;
        return new Administrator(
            new Caller(application is null ? subject : $"{subject}/{application}", name),
            token.Claims.Where(c => c.Type == "roles").Select(c => c.Value).ToHashSet());
    }

    private static string? Claim(JsonWebToken token, string type) =>
        token.TryGetPayloadValue<string>(type, out var value) && value is { Length: > 0 } ? value : null;

    /// <summary>Why exactly is for nobody who has no valid token.</summary>
    private static DomainException Invalid(Exception? why) => new DomainError(ErrorKind.Unauthenticated, "token.invalid",
        "The access token is not valid here: it may have expired, or be for another service. Get a new one.").ToException(why);
}
