using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Atp.Local;

/// <summary>Issues tokens like those of Entra ID (v2.0), with OpenID Connect discovery, signing keys, a page to sign in on and a
/// token endpoint, over http on 127.0.0.1.</summary>
public sealed class TokenIssuer : IAsyncDisposable
{
    private const string Part = "The token issuer";

    private readonly TokenIssuerOptions options;
    private readonly ConcurrentBag<RSA> owned = [];
    private readonly JsonWebTokenHandler handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly SignIn? signIn;
    private RsaSecurityKey[] published; // the first signs
    private LoopbackServer? server;
    private int keysRead;

    private TokenIssuer(TokenIssuerOptions options, RSA rsa)
    {
        this.options = options;
        signIn = options.SignIn is null ? null : new SignIn(this, options.SignIn);
        published = [Own(rsa)];
    }

    /// <summary>The issuer in the tokens, and the authority whose <c>/.well-known/openid-configuration</c> says the
    /// rest.</summary>
    public string Issuer => $"{Tenant}/v2.0";

    /// <summary>Takes grants as a form. Of an application: <c>grant_type</c> client_credentials, <c>client_id</c>,
    /// <c>client_secret</c> and <c>scope</c> (the audience followed by <c>/.default</c>).</summary>
    public Uri TokenEndpoint => new($"{Tenant}/oauth2/v2.0/token");

    /// <summary>The issuer in tokens of version 1.0, which the metadata doesn't name: <c>https://sts.windows.net/…/</c> of Entra ID.</summary>
    public string Version1Issuer => $"{Tenant}/";

    /// <summary>How often the published keys were asked for.</summary>
    public int KeysRead => keysRead;

    /// <summary>The authority as Key Vault names it in its challenge: without the version.</summary>
    internal string Tenant => $"{Server.Address.GetLeftPart(UriPartial.Authority)}/{options.TenantId}";

    internal DateTimeOffset UtcNow => options.Clock.GetUtcNow();

    private LoopbackServer Server => server ?? throw new InvalidOperationException($"{Part} has not started.");

    /// <exception cref="LocalStackException">The port is in use, or the kept signing key can't be read.</exception>
    public static async Task<TokenIssuer> StartAsync(TokenIssuerOptions options, CancellationToken ct)
    {
        var issuer = new TokenIssuer(options, OpenKey(options.DataFolder));
        try
        {
            issuer.server = await LoopbackServer.StartAsync(Part, options.Port, certificate: null, issuer.Map, ct);
            return issuer;
        }
        catch
        {
            issuer.DisposeKeys();
            throw;
        }
    }

    /// <summary>
    /// Signs with a new key from now on. The one before stays published until the next rotation. A kept key is not replaced: it
    /// signs again after a restart.
    /// </summary>
    public void RotateKey() => published = [Own(RSA.Create(2048)), published[0]];

    /// <summary>Who is signed in with a browser must sign in again when the access token ends, after an hour at most.</summary>
    public void EndSessions() => signIn?.EndSessions();

    public string CreateToken(TokenRequest request)
    {
        var now = options.Clock.GetUtcNow() + request.StartsIn;
        var expires = now + request.Lifetime;
        var issued = request.Lifetime > TimeSpan.Zero ? now : expires.AddHours(-1);
        var claims = new Dictionary<string, object>
        {
            ["sub"] = request.Subject,
            ["oid"] = ObjectId(request.Subject),
            ["tid"] = options.TenantId.ToString(),
            ["ver"] = request.IsVersion1 ? "1.0" : "2.0",
        };
        if (request.Roles.Count > 0)
        {
            claims["roles"] = request.Roles.ToArray();
        }
        if (request.Name is not null)
        {
            claims["name"] = request.Name;
        }
        if (request.UserName is not null)
        {
            claims[request.IsVersion1 ? "unique_name" : "preferred_username"] = request.UserName;
        }
        if (request.Nonce is not null)
        {
            claims["nonce"] = request.Nonce;
        }
        if (request.ApplicationId is not null)
        {
            claims[request.IsVersion1 ? "appid" : "azp"] = request.ApplicationId;
        }
        return handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = request.IsVersion1 ? Version1Issuer : Issuer,
            Audience = request.Audience,
            IssuedAt = issued.UtcDateTime,
            NotBefore = issued.UtcDateTime,
            Expires = expires.UtcDateTime,
            Claims = claims,
            SigningCredentials = new SigningCredentials(published[0], SecurityAlgorithms.RsaSha256),
        });
    }

    /// <summary>Signs any claims, good ones or bad.</summary>
    public string Sign(JsonObject claims) =>
        handler.CreateToken(claims.ToJsonString(), new SigningCredentials(published[0], SecurityAlgorithms.RsaSha256));

    /// <summary>Null when the token is good for the audience, else what is wrong with it.</summary>
    internal async Task<string?> FindFaultAsync(string token, string audience)
    {
        var result = await handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = Issuer,
            ValidAudience = audience,
            IssuerSigningKeys = published,
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
            LifetimeValidator = (from, to, _, _) => from <= UtcNow.UtcDateTime && UtcNow.UtcDateTime < to,
        });
        return result.IsValid ? null : result.Exception.Message;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        DisposeKeys();
    }

    private void DisposeKeys()
    {
        foreach (var rsa in owned)
        {
            rsa.Dispose();
        }
    }

    private RsaSecurityKey Own(RSA rsa)
    {
        owned.Add(rsa);
        // The default factory keeps signers by key id for the whole process, and so one with a disposed key, should
        // an issuer with the same kept key be started again.
        var key = new RsaSecurityKey(rsa) { CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false } };
        key.KeyId = Base64UrlEncoder.Encode(key.ComputeJwkThumbprint());
        return key;
    }

    private static RSA OpenKey(string? folder)
    {
        var rsa = RSA.Create(2048);
        if (folder is null)
        {
            return rsa;
        }
        var path = Path.Combine(folder, "signing-key.pem");
        try
        {
            var pem = PrivateFile.ReadOrCreate(path, () => Encoding.ASCII.GetBytes(rsa.ExportPkcs8PrivateKeyPem()));
            rsa.ImportFromPem(Encoding.ASCII.GetString(pem));
            return rsa;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            rsa.Dispose();
            throw new LocalStackException(Part, $"{path} holds no RSA key", "Delete the file, and a new key will be made.", e);
        }
    }

    private static string ObjectId(string subject) => Guid.TryParse(subject, out _)
        ? subject
        : new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(subject)).AsSpan(0, 16)).ToString();

    private void Map(WebApplication application)
    {
        var tenant = $"/{options.TenantId}";
        application.Use(AllowPagesAsync);
        application.MapGet($"{tenant}/v2.0/.well-known/openid-configuration", () => Results.Json(new JsonObject
        {
            ["issuer"] = Issuer,
            ["jwks_uri"] = $"{Tenant}/discovery/v2.0/keys",
            ["authorization_endpoint"] = $"{Tenant}/oauth2/v2.0/authorize",
            ["token_endpoint"] = TokenEndpoint.AbsoluteUri,
            ["token_endpoint_auth_methods_supported"] = new JsonArray("client_secret_post", "client_secret_basic", "none"),
            ["grant_types_supported"] = new JsonArray("client_credentials", "authorization_code", "refresh_token"),
            ["response_types_supported"] = new JsonArray("code"),
            ["response_modes_supported"] = new JsonArray("fragment"),
            ["code_challenge_methods_supported"] = new JsonArray("S256"),
            ["subject_types_supported"] = new JsonArray("pairwise"),
            ["id_token_signing_alg_values_supported"] = new JsonArray("RS256"),
        }));
        application.MapGet($"{tenant}/discovery/v2.0/keys", () =>
        {
            Interlocked.Increment(ref keysRead);
            return Results.Json(new JsonObject { ["keys"] = new JsonArray([.. published.Select(Published)]) });
        });
        var grant = new ClientCredentialsGrant(this, options.Clients);
        application.MapPost($"{tenant}/oauth2/v2.0/token", (HttpRequest request) => AnswerGrantAsync(request, grant));
        if (signIn is not null)
        {
            application.MapGet($"{tenant}/oauth2/v2.0/authorize", signIn.Ask);
            application.MapPost($"{tenant}/oauth2/v2.0/authorize", signIn.AnswerAsync);
        }
    }

    /// <summary>Pages of any address may read the answers, as Entra ID lets single-page applications: what they get is for who knows a code.</summary>
    private static Task AllowPagesAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.Headers.AccessControlAllowOrigin = "*";
        return next(context);
    }

    private async Task<IResult> AnswerGrantAsync(HttpRequest request, ClientCredentialsGrant grant)
    {
        request.HttpContext.Response.Headers.CacheControl = "no-store";
        if (!request.HasFormContentType)
        {
            return ClientCredentialsGrant.Refuse(400, "invalid_request", "The body must be a form: application/x-www-form-urlencoded.");
        }
        var form = await request.ReadFormAsync(request.HttpContext.RequestAborted);
        return signIn?.Grant(form) ?? grant.Answer(request, form);
    }

    private static JsonObject Published(RsaSecurityKey key)
    {
        var parameters = key.Rsa.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["kty"] = "RSA",
            ["use"] = "sig",
            ["kid"] = key.KeyId,
            ["n"] = Base64UrlEncoder.Encode(parameters.Modulus),
            ["e"] = Base64UrlEncoder.Encode(parameters.Exponent),
        };
    }
}
