using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Atp.Local;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Atp.Infra.Tests.Local;

public sealed class TokenIssuerTests(IssuerFixture fixture) : IClassFixture<IssuerFixture>, IDisposable
{
    private const string Audience = IssuerFixture.Audience;
    private static readonly LocalClient Client = IssuerFixture.Client;

    private readonly HttpClient http = new();
    private readonly TokenIssuer issuer = fixture.Tokens;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => http.Dispose();

    [Fact]
    public async Task A_token_validates_with_keys_found_by_discovery_and_has_the_claims_of_Entra_ID()
    {
        var token = issuer.CreateToken(new TokenRequest
        {
            Subject = "anna",
            Audience = Audience,
            Roles = ["Policies.Read", "Health.Read"],
            Name = "Anna Admin",
            ApplicationId = "cli",
            Lifetime = TimeSpan.FromMinutes(10),
        });

        var result = await ValidateAsync(token);

        Assert.True(result.IsValid, result.Exception?.ToString());
        var jwt = (JsonWebToken)result.SecurityToken;
        Assert.Equal("anna", jwt.Subject);
        Assert.Equal("Anna Admin", jwt.GetClaim("name").Value);
        Assert.Equal("cli", jwt.Azp);
        Assert.Equal("2.0", jwt.GetClaim("ver").Value);
        Assert.Equal(["Policies.Read", "Health.Read"], jwt.GetPayloadValue<string[]>("roles"));
        Assert.True(Guid.TryParse(jwt.GetClaim("oid").Value, out _));
        Assert.Contains(jwt.GetClaim("tid").Value, issuer.Issuer, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromMinutes(10), jwt.ValidTo - jwt.ValidFrom);
    }

    [Fact]
    public async Task An_expired_token_can_be_made_and_does_not_validate()
    {
        var token = issuer.CreateToken(new TokenRequest { Subject = "anna", Audience = Audience, Lifetime = TimeSpan.FromMinutes(-10) });

        Assert.IsType<SecurityTokenExpiredException>((await ValidateAsync(token)).Exception);
    }

    [Fact]
    public async Task One_role_is_a_list_too()
    {
        var token = issuer.CreateToken(new TokenRequest { Subject = "anna", Audience = Audience, Roles = ["Policies.Read"] });

        Assert.True((await ValidateAsync(token)).IsValid);
        Assert.Contains("\"roles\":[\"Policies.Read\"]", Base64UrlEncoder.Decode(token.Split('.')[1]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_gets_a_token_with_its_secret_in_the_form_or_the_header(bool basic)
    {
        using var request = Grant(scope: $"{Audience}/.default", secret: basic ? null : Client.Secret);
        if (basic)
        {
            var pair = $"{Uri.EscapeDataString(Client.Id)}:{Uri.EscapeDataString(Client.Secret)}";
            request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
        }

        using var answer = await http.SendAsync(request, Stop);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(Stop);
        Assert.Equal(("Bearer", 3600), (body.GetProperty("token_type").GetString(), body.GetProperty("expires_in").GetInt32()));
        var result = await ValidateAsync(body.GetProperty("access_token").GetString()!);
        Assert.True(result.IsValid, result.Exception?.ToString());
        Assert.Equal("some-client", ((JsonWebToken)result.SecurityToken).Azp);
    }

    [Theory]
    [InlineData("secret", HttpStatusCode.Unauthorized, "invalid_client")]
    [InlineData("client", HttpStatusCode.Unauthorized, "invalid_client")]
    [InlineData("audience", HttpStatusCode.BadRequest, "invalid_scope")]
    [InlineData("scope", HttpStatusCode.BadRequest, "invalid_scope")]
    [InlineData("grant", HttpStatusCode.BadRequest, "unsupported_grant_type")]
    public async Task A_grant_that_is_not_right_is_refused(string wrong, HttpStatusCode status, string error)
    {
        using var request = Grant(
            scope: wrong switch { "audience" => "https://vault.azure.net/.default", "scope" => Audience, _ => $"{Audience}/.default" },
            secret: wrong == "secret" ? "guess" : Client.Secret,
            client: wrong == "client" ? "nobody" : Client.Id,
            grant: wrong == "grant" ? "password" : "client_credentials");

        using var answer = await http.SendAsync(request, Stop);

        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(error, (await answer.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("error").GetString());
    }

    [Fact]
    public async Task A_new_key_signs_from_then_on_and_the_one_before_stays_published_until_the_next()
    {
        await using var rotated = await TokenIssuer.StartAsync(new TokenIssuerOptions(), Stop);
        var tokens = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            tokens.Add(rotated.CreateToken(new TokenRequest { Subject = "anna", Audience = Audience }));
            rotated.RotateKey();
        }

        var published = await http.GetStringAsync($"{rotated.Issuer.Replace("/v2.0", "/discovery/v2.0/keys", StringComparison.Ordinal)}", Stop);

        Assert.Equal([false, false, true], tokens.Select(token => published.Contains(new JsonWebToken(token).Kid, StringComparison.Ordinal)));
        Assert.Equal(2, JsonDocument.Parse(published).RootElement.GetProperty("keys").GetArrayLength());
        Assert.Null(await rotated.FindFaultAsync(tokens[2], Audience));
        Assert.NotNull(await rotated.FindFaultAsync(tokens[0], Audience));
    }

    [Fact]
    public async Task A_kept_issuer_signs_with_the_same_key_after_a_restart()
    {
        using var folder = new TemporaryFolder();
        var options = new TokenIssuerOptions { DataFolder = folder.Path };
        await using var first = await TokenIssuer.StartAsync(options, Stop);
        await using var second = await TokenIssuer.StartAsync(options, Stop);

        Assert.Equal(KeyId(first), KeyId(second));
        Assert.NotEqual(KeyId(first), KeyId(issuer));

        static string KeyId(TokenIssuer from) => new JsonWebToken(from.CreateToken(new TokenRequest { Subject = "s", Audience = "a" })).Kid;
    }

    [Fact]
    public async Task A_chosen_port_that_is_in_use_is_named_in_one_line()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var error = await Assert.ThrowsAsync<LocalStackException>(() => TokenIssuer.StartAsync(new TokenIssuerOptions { Port = port }, Stop));

        Assert.Equal($"The token issuer could not start: port {port} is in use. "
            + "Stop the process that listens there, or choose another port.", error.Message);
    }

    private HttpRequestMessage Grant(string scope, string? secret, string? client = null, string grant = "client_credentials")
    {
        var form = new Dictionary<string, string> { ["grant_type"] = grant, ["scope"] = scope };
        if (secret is not null)
        {
            form["client_id"] = client ?? Client.Id;
            form["client_secret"] = secret;
        }
        return new HttpRequestMessage(HttpMethod.Post, issuer.TokenEndpoint) { Content = new FormUrlEncodedContent(form) };
    }

    private async Task<TokenValidationResult> ValidateAsync(string token)
    {
        var discovery = new ConfigurationManager<OpenIdConnectConfiguration>(
            $"{issuer.Issuer}/.well-known/openid-configuration",
            new OpenIdConnectConfigurationRetriever(),
            new HttpDocumentRetriever(http) { RequireHttps = false });
        return await new JsonWebTokenHandler().ValidateTokenAsync(token, new TokenValidationParameters
        {
            ConfigurationManager = discovery,
            ValidAudience = Audience,
            ClockSkew = TimeSpan.Zero,
        });
    }
}
