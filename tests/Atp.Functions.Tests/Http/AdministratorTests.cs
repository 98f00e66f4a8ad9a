using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atp.Local;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Atp.Functions.Tests.Http;

/// <summary>Tokens of Entra ID, of both versions, from an issuer of the test's own that changes its keys.</summary>
public sealed class AdministratorTests(TestStack stack) : IAsyncLifetime
{
    private const string Application = "7f0f6c5e-0000-4000-8000-000000000001";
    private const string User = "7f0f6c5e-0000-4000-8000-000000000002";
    private TokenIssuer issuer = null!;
    private AtpHost host = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        issuer = await TokenIssuer.StartAsync(new TokenIssuerOptions(), Stop);
        host = await AtpHost.StartAsync(stack, new AtpHostOptions
        {
            Functions = [typeof(TestFunctions)],
            Settings = { ["Atp:Entra:Authority"] = issuer.Issuer, ["Atp:Entra:AdditionalIssuers:0"] = issuer.Version1Issuer },
        });
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        await issuer.DisposeAsync();
    }

    [Fact]
    public async Task A_key_that_the_issuer_begins_to_use_is_found_while_the_one_before_still_counts()
    {
        var before = Token();
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(before));

        issuer.RotateKey();

        var after = Token();
        Assert.NotEqual(new JsonWebToken(before).Kid, new JsonWebToken(after).Kid);
        await Eventually.TrueAsync(async () => await StatusAsync(after) == HttpStatusCode.OK, TimeSpan.FromSeconds(20));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(before));
    }

    [Fact]
    public async Task A_key_that_the_issuer_withdraws_counts_no_longer_once_the_keys_were_read_again()
    {
        var withdrawn = Token();
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(withdrawn));
        issuer.RotateKey();
        issuer.RotateKey();

        await Eventually.TrueAsync(async () => await StatusAsync(Token()) == HttpStatusCode.OK, TimeSpan.FromSeconds(20));

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(withdrawn));
    }

    [Fact]
    public async Task Made_up_key_ids_do_not_make_the_service_ask_the_issuer_each_time()
    {
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(Token()));
        var begun = Stopwatch.StartNew();
        using var rsa = RSA.Create(2048);

        for (var i = 0; i < 60; i++)
        {
            var forged = new JsonWebTokenHandler().CreateToken(Base64UrlEncoder.Decode(Token().Split('.')[1]), new SigningCredentials(
                new RsaSecurityKey(rsa) { KeyId = $"made-up-{i}" }, SecurityAlgorithms.RsaSha256));
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(forged));
        }

        // Once at first, once for the first of them, and then each half minute.
        await Eventually.TrueAsync(() => Task.FromResult(issuer.KeysRead >= 2));
        Assert.InRange(issuer.KeysRead, 2, 2 + (int)(begun.Elapsed.TotalSeconds / 30));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Both_versions_name_user_and_application_and_their_roles_count(bool version1)
    {
        var ofUser = await CallerAsync(Request() with { Subject = User, UserName = "anna@contoso.example", ApplicationId = Application, IsVersion1 = version1 });
        var ofApplication = await CallerAsync(Request() with { Subject = Application, ApplicationId = Application, IsVersion1 = version1 });

        Assert.Equal(($"{User}/{Application}", "anna@contoso.example"), ofUser);
        Assert.Equal(($"{Application}/{Application}", Application), ofApplication);
        using var client = Client(issuer.CreateToken(Request() with { Roles = [], IsVersion1 = version1 }));
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/api/policies", Stop)).StatusCode);
    }

    [Fact]
    public async Task An_issuer_counts_when_it_is_the_metadatas_or_one_of_the_settings_to_the_letter()
    {
        foreach (var wrong in new[]
        {
            issuer.Issuer + "/", issuer.Issuer.ToUpperInvariant(), issuer.Version1Issuer.TrimEnd('/'), issuer.Issuer.Replace("127.0.0.1", "localhost", StringComparison.Ordinal),
            "https://sts.windows.net/0a7b1c2d-3e4f-4a5b-8c6d-7e8f9a0b1c2d/",
        })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(issuer.Sign(With("iss", wrong))));
        }

        // Version 1.0 is for those who have set it.
        await using var onlyTheMetadatas = await AtpHost.StartAsync(stack, new AtpHostOptions { Settings = { ["Atp:Entra:Authority"] = issuer.Issuer } });
        using var client = Client(issuer.CreateToken(Request() with { IsVersion1 = true }), onlyTheMetadatas);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/policies", Stop)).StatusCode);
    }

    [Theory]
    [InlineData(100, HttpStatusCode.OK)]
    [InlineData(180, HttpStatusCode.Unauthorized)]
    public async Task A_token_from_a_clock_ahead_counts_within_two_minutes(int ahead, HttpStatusCode expected) =>
        Assert.Equal(expected, await StatusAsync(issuer.CreateToken(Request() with { StartsIn = TimeSpan.FromSeconds(ahead) })));

    [Fact]
    public async Task A_token_that_names_nobody_or_never_ends_is_refused()
    {
        var nobody = With("oid", null);
        nobody.Remove("sub");
        var empty = With("oid", "");
        empty["sub"] = "";

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(issuer.Sign(nobody)));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(issuer.Sign(empty)));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(issuer.Sign(With("exp", null))));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(issuer.Sign(With("oid", null)))); // then by its sub
    }

    /// <summary>One answer for all of them; what was wrong is for the operator, who finds it without the token.</summary>
    [Fact]
    public async Task Why_a_token_was_refused_is_in_the_log_and_not_in_the_answer()
    {
        var tokens = new Dictionary<string, string>
        {
            ["SecurityTokenExpiredException IDX10223"] = issuer.CreateToken(Request() with { Lifetime = TimeSpan.FromHours(-1) }),
            ["SecurityTokenNotYetValidException IDX10222"] = issuer.CreateToken(Request() with { StartsIn = TimeSpan.FromHours(1) }),
            ["SecurityTokenInvalidAudienceException IDX10214"] = issuer.CreateToken(Request() with { Audience = "api://planted-audience" }),
            ["SecurityTokenInvalidIssuerException IDX10205"] = issuer.Sign(With("iss", "https://planted-issuer.example/")),
            ["SecurityTokenMalformedException IDX14100"] = "planted-token",
        };
        var answers = new HashSet<string>();
        foreach (var (reason, token) in tokens)
        {
            using var client = Client(token);
            using var answer = await client.GetAsync("/api/policies", Stop);
            var problem = await answer.ProblemAsync(HttpStatusCode.Unauthorized, "token.invalid");
            problem.Remove("traceId");
            answers.Add(problem.ToJsonString());
            var told = host.Log.Lines.Last(line => line.Contains("Refused a GET", StringComparison.Ordinal));
            Assert.StartsWith("Information", told, StringComparison.Ordinal);
            Assert.EndsWith($"token.invalid {reason}", told.TrimEnd(), StringComparison.Ordinal);
        }

        Assert.Single(answers);
        Assert.DoesNotContain(host.Log.Lines, line => line.Contains("planted", StringComparison.Ordinal)
            || tokens.Values.Any(token => line.Contains(token.Split('.')[^1], StringComparison.Ordinal)));
    }

    private TokenRequest Request() => new() { Subject = User, Audience = stack.Stack.Audience, Roles = ["Policies.Read"] };

    private string Token() => issuer.CreateToken(Request());

    /// <summary>The claims of a good token with one of them changed; without it when there is no value.</summary>
    private JsonObject With(string claim, string? value)
    {
        var claims = JsonNode.Parse(Base64UrlEncoder.Decode(Token().Split('.')[1]))!.AsObject();
        claims.Remove(claim);
        if (value is not null)
        {
            claims[claim] = value;
        }

        return claims;
    }

    private HttpClient Client(string token, AtpHost? of = null)
    {
        var client = (of ?? host).Anonymous();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    private async Task<HttpStatusCode> StatusAsync(string token)
    {
        using var client = Client(token);
        using var answer = await client.GetAsync("/api/policies", Stop);
        return answer.StatusCode;
    }

    private async Task<(string Id, string Name)> CallerAsync(TokenRequest request)
    {
        using var client = Client(issuer.CreateToken(request));
        using var body = new StringContent("""{"name":"n","colour":"Red"}""", Encoding.UTF8, "application/json");
        var caller = (await (await client.PostAsync("/api/test/things", body, Stop)).JsonAsync())["caller"]!;
        return ((string)caller["id"]!, (string)caller["displayName"]!);
    }
}
