using Azure.Core;

namespace Atp.Local;

/// <summary>Gives Azure clients in this process tokens straight from the issuer, for whatever scope they ask.</summary>
public sealed class LocalTokenCredential(TokenIssuer issuer, string subject) : TokenCredential
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        var token = issuer.CreateToken(new TokenRequest
        {
            Subject = subject,
            Audience = requestContext.Scopes.Single().Replace("/.default", "", StringComparison.Ordinal),
            Lifetime = Lifetime,
        });
        return new AccessToken(token, issuer.UtcNow + Lifetime);
    }

    public override ValueTask<AccessToken> GetTokenAsync(
        TokenRequestContext requestContext, CancellationToken cancellationToken) => ValueTask.FromResult(GetToken(requestContext, cancellationToken));
}
