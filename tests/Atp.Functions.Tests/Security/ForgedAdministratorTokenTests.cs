using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Atp.Functions.Tests.Http;
using Microsoft.IdentityModel.Tokens;

namespace Atp.Functions.Tests.Security;

/// <summary>Tokens that are wrong in one thing only. The issuer's keys are the test's, so that also what they really signed is tried.</summary>
public sealed class ForgedAdministratorTokenTests(TestStack stack) : IAsyncLifetime
{
    private PublishedKeys keys = null!;
    private AtpHost host = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        keys = await PublishedKeys.StartAsync();
        host = await AtpHost.StartAsync(stack, new AtpHostOptions { Settings = { ["Atp:Entra:Authority"] = keys.Authority } });
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        await keys.DisposeAsync();
    }

    [Fact]
    public async Task What_these_tests_spoil_is_a_good_token()
    {
        Assert.Equal(HttpStatusCode.OK, await StatusAsync($"Bearer {Good()}"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync($"Bearer {Good(claims: c => c["nbf"] = Seconds(60))}")); // clocks differ by two minutes at most
    }

    [Theory]
    [InlineData("not yet valid")]
    [InlineData("expired")]
    [InlineData("without an end")]
    [InlineData("an end before its beginning")]
    [InlineData("an end that is no number")]
    [InlineData("another audience")]
    [InlineData("no audience")]
    [InlineData("the audience in another case")]
    [InlineData("another tenant of the same issuer and keys")]
    [InlineData("no issuer")]
    [InlineData("the issuer with a slash more")]
    [InlineData("of another type")]
    public Task Signed_by_the_issuer_but_not_good_here_is_refused(string what) => RefusedAsync(what switch
    {
        "not yet valid" => Good(claims: c => c["nbf"] = Seconds(180)),
        "expired" => Good(claims: c => c["exp"] = Seconds(-180)),
        "without an end" => Good(claims: c => c.Remove("exp")),
        "an end before its beginning" => Good(claims: c => (c["nbf"], c["exp"]) = (Seconds(100), Seconds(50))),
        "an end that is no number" => Good(claims: c => c["exp"] = "never"),
        "another audience" => Good(claims: c => c["aud"] = $"{stack.Stack.Audience}-2"),
        "no audience" => Good(claims: c => c.Remove("aud")),
        "the audience in another case" => Good(claims: c => c["aud"] = stack.Stack.Audience.ToUpperInvariant()),
        "another tenant of the same issuer and keys" => Good(
            claims: c => c["iss"] = keys.Authority.Replace("9a3c7d10", "9a3c7d11", StringComparison.Ordinal)),
        "no issuer" => Good(claims: c => c.Remove("iss")),
        "the issuer with a slash more" => Good(claims: c => c["iss"] = keys.Authority + "/"),
        _ => Good(header: h => h["typ"] = "dpop+jwt"),
    });

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("nOnE")]
    [InlineData("NONE")]
    [InlineData("")]
    [InlineData(null)]
    public async Task Algorithm_none_in_any_case_is_refused_with_and_without_a_signature(string? algorithm)
    {
        await RefusedAsync(Good(header: h => h["alg"] = algorithm, sign: _ => []));
        await RefusedAsync(Good(header: h => h["alg"] = algorithm));
    }

    [Theory]
    [InlineData("RS384")]
    [InlineData("RS512")]
    [InlineData("PS256")]
    [InlineData("ES256")]
    [InlineData("rs256")]
    public Task Another_algorithm_is_refused_even_with_a_key_that_is_published(string algorithm) => RefusedAsync(algorithm switch
    {
        "RS384" => Good(h => h["alg"] = algorithm, sign: c => keys.Rsa.SignData(c, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1)),
        "RS512" => Good(h => h["alg"] = algorithm, sign: c => keys.Rsa.SignData(c, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1)),
        "PS256" => Good(h => h["alg"] = algorithm, sign: c => keys.Rsa.SignData(c, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)),
        "ES256" => Good(
            h => (h["alg"], h["kid"]) = (algorithm, PublishedKeys.EllipticKeyId), sign: c => keys.Elliptic.SignData(c, HashAlgorithmName.SHA256)),
        _ => Good(h => h["alg"] = algorithm),
    });

    [Theory]
    [InlineData("modulus")]
    [InlineData("PEM")]
    [InlineData("DER")]
    [InlineData("JWK")]
    [InlineData("empty")]
    public Task The_public_key_is_no_shared_secret_in_whatever_form(string form) => RefusedAsync(Good(h => h["alg"] = "HS256",
        sign: content => HMACSHA256.HashData(form switch
        {
            "modulus" => keys.Rsa.ExportParameters(false).Modulus!,
            "PEM" => Encoding.ASCII.GetBytes(keys.Rsa.ExportSubjectPublicKeyInfoPem()),
            "DER" => keys.Rsa.ExportSubjectPublicKeyInfo(),
            "JWK" => Encoding.UTF8.GetBytes(PublishedKeys.Jwk(keys.Rsa, PublishedKeys.KeyId).ToJsonString()),
            _ => [],
        }, content)));

    [Theory]
    [InlineData("kid", "../../../../dev/null")]
    [InlineData("kid", "file:///dev/null")]
    [InlineData("kid", "' or 1 eq 1 --")]
    [InlineData("kid", "published-rsa\0")]
    [InlineData("kid", "a key id that leads to the attacker")]
    [InlineData("kid", null)]
    [InlineData("jku", "")]
    [InlineData("x5u", "")]
    [InlineData("jwk", "")]
    [InlineData("x5c", "")]
    public async Task The_token_does_not_say_where_its_own_key_is(string header, string? value)
    {
        await RefusedAsync(Good(h =>
        {
            h["kid"] = "attacker";
            h[header] = header switch
            {
                "kid" => value?.StartsWith("a key", StringComparison.Ordinal) == true ? keys.AttackerKeys : value,
                "jwk" => PublishedKeys.Jwk(keys.Attacker, "attacker"),
                "x5c" => new JsonArray(Convert.ToBase64String(keys.Attacker.ExportSubjectPublicKeyInfo())),
                _ => keys.AttackerKeys,
            };
        }, sign: content => keys.Attacker.SignData(content, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)));

        Assert.Equal(0, keys.AttackerAsked);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync($"Bearer {Good()}")); // an unknown key id makes the keys be read again, and no more
    }

    [Theory]
    [InlineData("roles")]
    [InlineData("aud")]
    [InlineData("sub")]
    [InlineData("exp")]
    public Task Claims_that_were_changed_after_signing_are_refused(string claim)
    {
        var genuine = Good().Split('.');
        var claims = JsonNode.Parse(Base64UrlEncoder.Decode(genuine[1]))!.AsObject();
        claims[claim] = claim switch
        {
            "roles" => new JsonArray("Policies.Read", "Devices.ReadWrite"),
            "exp" => Seconds(7200),
            _ => $"{claims[claim]}x"
        };
        return RefusedAsync($"{genuine[0]}.{Base64UrlEncoder.Encode(claims.ToJsonString())}.{genuine[2]}");
    }

    [Fact]
    public async Task Parts_of_good_tokens_make_no_good_one()
    {
        var (one, other) = (Good().Split('.'), Good(claims: c => c["sub"] = "another").Split('.'));

        await RefusedAsync($"{one[0]}.{one[1]}.{other[2]}");
        await RefusedAsync($"{one[0]}.{one[1]}.");
        await RefusedAsync($"{one[0]}.{one[1]}");
        await RefusedAsync($"{one[0]}.{one[1]}.{one[2][..^8]}");
        await RefusedAsync($"{string.Join('.', one)}.{one[0]}.{one[1]}"); // the form of an encrypted one
        await RefusedAsync($"{string.Join('.', one)}, Bearer {string.Join('.', other)}");
    }

    [Theory]
    [InlineData("access_token")]
    [InlineData("token")]
    [InlineData("code")]
    [InlineData("Authorization")]
    public async Task A_token_counts_in_the_header_only_not_in_query_cookie_or_another_header(string name)
    {
        using var client = host.Anonymous();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Cookie", $"{name}={Good()}");
        client.DefaultRequestHeaders.TryAddWithoutValidation("X-Authorization", $"Bearer {Good()}");
        client.DefaultRequestHeaders.TryAddWithoutValidation("Proxy-Authorization", $"Bearer {Good()}");

        await (await client.GetAsync($"/api/policies?{name}={Good()}", Stop)).ProblemAsync(HttpStatusCode.Unauthorized, "token.missing");
    }

    private static long Seconds(int fromNow) => DateTimeOffset.UtcNow.AddSeconds(fromNow).ToUnixTimeSeconds();

    private string Good(Action<JsonObject>? header = null, Action<JsonObject>? claims = null, Func<byte[], byte[]>? sign = null)
    {
        var head = new JsonObject { ["typ"] = "JWT", ["alg"] = "RS256", ["kid"] = PublishedKeys.KeyId };
        var body = new JsonObject
        {
            ["iss"] = keys.Authority,
            ["aud"] = stack.Stack.Audience,
            ["sub"] = "someone",
            ["oid"] = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0",
            ["tid"] = "9a3c7d10-1111-4222-8333-444455556666",
            ["ver"] = "2.0",
            ["iat"] = Seconds(-10),
            ["nbf"] = Seconds(-10),
            ["exp"] = Seconds(3600),
            ["roles"] = new JsonArray("Policies.Read"),
        };
        header?.Invoke(head);
        claims?.Invoke(body);
        return PublishedKeys.Token(head, body, sign ?? keys.SignRsa256);
    }

    private async Task<HttpStatusCode> StatusAsync(string authorization) => (await GetAsync(authorization)).StatusCode;

    private async Task RefusedAsync(string token)
    {
        var problem = await (await GetAsync($"Bearer {token}")).ProblemAsync(HttpStatusCode.Unauthorized, "token.invalid");
        Assert.DoesNotContain("IDX", problem.ToJsonString(), StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> GetAsync(string authorization)
    {
        using var client = host.Anonymous();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization);
        return await client.GetAsync("/api/policies", Stop);
    }
}
