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

/// <summary>Validates Entra ID access tokens: signature by the issuer's published keys, issuer, audience, lifetime.</summary>
public sealed class AdministratorTokens
{
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(2);
    private readonly JsonWebTokenHandler handler = new() { MapInboundClaims = false };
    private readonly ConfigurationManager<OpenIdConnectConfiguration> issuer;
    private readonly TokenValidationParameters parameters;

    public AdministratorTokens(IOptions<EntraOptions> entra, LocalTrust? local = null)
    {
        var metadata = $"{entra.Value.Authority!.AbsoluteUri.TrimEnd('/')}/.well-known/openid-configuration";
        issuer = new ConfigurationManager<OpenIdConnectConfiguration>(
            metadata, new OpenIdConnectConfigurationRetriever(),
            new HttpDocumentRetriever { RequireHttps = local is not { AllowHttpAuthority: true } });
        parameters = new TokenValidationParameters
        {
            ConfigurationManager = issuer,
            ValidAudience = entra.Value.Audience,
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
            ValidTypes = ["JWT", "at+jwt"],
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            ClockSkew = ClockSkew,
        };
    }

    /// <param name="authorization">The whole header: <c>Bearer …</c>.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DomainException">Unauthenticated: there is no token, or it isn't good here.</exception>
    /// <exception cref="InvalidOperationException">The issuer's keys were never read and can't be now.</exception>
    public async Task<Administrator> ValidateAsync(string? authorization, CancellationToken ct)
    {
        const string Prefix = "Bearer ";
        if (string.IsNullOrEmpty(authorization) || !authorization.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            throw new DomainError(ErrorKind.Unauthenticated, "token.missing",
                "Send an access token for this service: 'Authorization: Bearer …'.").ToException();
        }

        // Remembered by the manager. Without this an issuer that is down would look like a bad token.
        await issuer.GetConfigurationAsync(ct);
        var result = await handler.ValidateTokenAsync(authorization[Prefix.Length..].Trim(), parameters);
        if (!result.IsValid)
        {
            // Why exactly is for nobody who has no valid token.
            throw new DomainError(ErrorKind.Unauthenticated, "token.invalid",
                "The access token is not valid here: it may have expired, or be for another service. Get a new one.").ToException(result.Exception);
        }

        var token = (JsonWebToken)result.SecurityToken;
        var subject = Claim(token, "oid") ?? token.Subject;
        var application = Claim(token, "azp") ?? Claim(token, "appid");
        var name = Claim(token, "name") ?? Claim(token, "preferred_username") ?? application ?? subject;
        return new Administrator(
            new Caller(application is null ? subject : $"{subject}/{application}", name),
            token.Claims.Where(c => c.Type == "roles").Select(c => c.Value).ToHashSet());
    }

    private static string? Claim(JsonWebToken token, string type) => token.TryGetPayloadValue<string>(type, out var value) ? value : null;
}
