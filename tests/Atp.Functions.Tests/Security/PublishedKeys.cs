using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;

namespace Atp.Functions.Tests.Security;

/// <summary>
/// An issuer whose private keys the test has, and one attacker's keys beside it. So a token can be wrong in one thing only, and be
/// signed by keys that are really published.
/// </summary>
internal sealed class PublishedKeys : IAsyncDisposable
{
    public const string KeyId = "published-rsa";
    public const string EllipticKeyId = "published-ec";
    private const string Tenant = "/9a3c7d10-1111-4222-8333-444455556666";
    private readonly WebApplication app;
    private int attackerAsked;

    private PublishedKeys(WebApplication app) => this.app = app;

    public RSA Rsa { get; } = RSA.Create(2048);

    public ECDsa Elliptic { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public RSA Attacker { get; } = RSA.Create(2048);

    public string Authority { get; private set; } = "";

    /// <summary>Where the attacker's keys can be fetched.</summary>
    public string AttackerKeys => Authority.Replace($"{Tenant}/v2.0", "/attacker/keys", StringComparison.Ordinal);

    /// <summary>How often somebody fetched them.</summary>
    public int AttackerAsked => attackerAsked;

    public static async Task<PublishedKeys> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration["urls"] = "http://127.0.0.1:0";
        var keys = new PublishedKeys(builder.Build());
        keys.app.MapGet($"{Tenant}/v2.0/.well-known/openid-configuration", () => Results.Json(new
        {
            issuer = keys.Authority,
            jwks_uri = $"{keys.Authority}/keys"
        }));
        keys.app.MapGet($"{Tenant}/v2.0/keys", () => Results.Json(new { keys = new object[] { Jwk(keys.Rsa, KeyId), EllipticJwk(keys.Elliptic) } }));
        keys.app.MapGet("/attacker/keys", () =>
        {
            Interlocked.Increment(ref keys.attackerAsked);
            return Results.Json(new { keys = new[] { Jwk(keys.Attacker, "attacker") } });
        });
        await keys.app.StartAsync();
        keys.Authority = keys.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()
            + $"{Tenant}/v2.0";
        return keys;
    }

    public static JsonObject Jwk(RSA rsa, string keyId)
    {
        var key = rsa.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["kty"] = "RSA",
            ["use"] = "sig",
            ["kid"] = keyId,
            ["n"] = Base64UrlEncoder.Encode(key.Modulus),
            ["e"] = Base64UrlEncoder.Encode(key.Exponent),
        };
    }

    /// <summary>A compact JWT of exactly this header and these claims.</summary>
    public static string Token(JsonObject header, JsonObject claims, Func<byte[], byte[]> sign)
    {
        var content = $"{Base64UrlEncoder.Encode(header.ToJsonString())}.{Base64UrlEncoder.Encode(claims.ToJsonString())}";
        return $"{content}.{Base64UrlEncoder.Encode(sign(Encoding.ASCII.GetBytes(content)))}";
    }

    public byte[] SignRsa256(byte[] content) => Rsa.SignData(content, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        Rsa.Dispose();
        Elliptic.Dispose();
        Attacker.Dispose();
    }

    private static JsonObject EllipticJwk(ECDsa elliptic)
    {
        var key = elliptic.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["kty"] = "EC",
            ["use"] = "sig",
            ["crv"] = "P-256",
            ["kid"] = EllipticKeyId,
            ["x"] = Base64UrlEncoder.Encode(key.Q.X),
            ["y"] = Base64UrlEncoder.Encode(key.Q.Y),
        };
    }
}
