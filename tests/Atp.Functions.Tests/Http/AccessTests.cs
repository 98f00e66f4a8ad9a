using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Atp.Local;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Atp.Functions.Tests.Http;

/// <summary>Who gets in, and what those are told who don't.</summary>
public sealed class AccessTests(TestStack stack) : IAsyncLifetime
{
    private AtpHost host = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        host = await AtpHost.StartAsync(stack, new AtpHostOptions { Functions = [typeof(TestFunctions)] });

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task A_good_token_gets_in() =>
        Assert.Equal(HttpStatusCode.OK, (await GetAsync($"Bearer {Token()}")).StatusCode);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Basic dXNlcjpwYXNz")]
    public async Task Without_a_token_the_answer_says_which_one_is_needed(string? authorization)
    {
        using var answer = await GetAsync(authorization);

        await answer.ProblemAsync(HttpStatusCode.Unauthorized, "token.missing");
        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task A_token_that_has_expired_is_refused_once_the_clocks_may_not_differ_so_much()
    {
        Assert.Equal(HttpStatusCode.OK, (await GetAsync($"Bearer {Token(lifetime: TimeSpan.FromSeconds(-60))}")).StatusCode);

        await RefusedAsync(Token(lifetime: TimeSpan.FromSeconds(-180)));
    }

    [Fact]
    public Task A_token_for_another_service_is_refused() => RefusedAsync(Token(audience: "api://atp-functions-2"));

    [Fact]
    public Task A_token_for_the_vault_is_refused() => RefusedAsync(Token(audience: KeyVaultEmulator.Audience));

    [Fact]
    public async Task A_token_of_another_issuer_is_refused_even_for_the_same_tenant()
    {
        await using var other = await TokenIssuer.StartAsync(new TokenIssuerOptions(), Stop);

        await RefusedAsync(other.CreateToken(Request()));
    }

    [Fact]
    public Task A_token_signed_with_another_key_in_the_issuers_name_is_refused()
    {
        using var rsa = RSA.Create(2048);
        return RefusedAsync(Forge(new SigningCredentials(
            new RsaSecurityKey(rsa) { KeyId = new JsonWebToken(Token()).Kid }, SecurityAlgorithms.RsaSha256)));
    }

    [Fact]
    public Task A_token_without_a_signature_is_refused() => RefusedAsync(Forge(null));

    [Fact]
    public async Task A_token_signed_with_the_public_key_as_a_shared_secret_is_refused()
    {
        using var http = new HttpClient();
        var keys = JsonDocument.Parse(await http.GetStringAsync(
            stack.Stack.Tokens.Issuer.Replace("/v2.0", "/discovery/v2.0/keys", StringComparison.Ordinal), Stop));
        var modulus = Base64UrlEncoder.DecodeBytes(keys.RootElement.GetProperty("keys")[0].GetProperty("n").GetString());

        await RefusedAsync(Forge(new SigningCredentials(new SymmetricSecurityKey(modulus), SecurityAlgorithms.HmacSha256)));
    }

    [Fact]
    public Task A_token_whose_claims_were_changed_is_refused()
    {
        var parts = Token().Split('.');
        var claims = Base64UrlEncoder.Decode(parts[1]).Replace("Policies.Read", "Devices.ReadWrite", StringComparison.Ordinal);
        return RefusedAsync($"{parts[0]}.{Base64UrlEncoder.Encode(claims)}.{parts[2]}");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("a.b.c")]
    public Task What_is_no_token_is_refused(string token) => RefusedAsync(token);

    [Fact]
    public async Task A_token_without_the_role_is_told_which_roles_would_do()
    {
        using var client = host.Client("Devices.ReadWrite", "policies.read");

        var problem = await (await client.PostAsync("/api/test/things", null, Stop)).ProblemAsync(HttpStatusCode.Forbidden, "role.missing");

        Assert.Contains("Policies.Read, Health.Read", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_one_of_the_roles_will_do_and_writing_is_not_reading()
    {
        using var health = host.Client("Health.Read");
        using var writer = host.Client("Policies.ReadWrite");

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await health.PostAsync("/api/test/things", null, Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await writer.PostAsync("/api/test/things", null, Stop)).StatusCode);
    }

    [Fact]
    public async Task A_function_that_declares_nothing_lets_nobody_in() =>
        await (await host.Admin.GetAsync("/api/test/undeclared", Stop)).ProblemAsync(HttpStatusCode.Forbidden, "access.undeclared");

    [Fact]
    public async Task A_public_function_asks_for_nothing()
    {
        using var anybody = host.Anonymous();

        Assert.Equal(HttpStatusCode.OK, (await anybody.GetAsync("/api/test/public", Stop)).StatusCode);
    }

    [Fact]
    public async Task The_caller_is_subject_and_application_so_that_two_applications_never_share_request_ids()
    {
        var caller = async (string application) =>
        {
            using var client = host.Anonymous();
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", stack.Stack.Tokens.CreateToken(
                Request() with { ApplicationId = application }));
            using var body = new StringContent("""{"name":"n","colour":"Red"}""", Encoding.UTF8, "application/json");
            return (string)(await (await client.PostAsync("/api/test/things", body, Stop)).JsonAsync())["caller"]!["id"]!;
        };

        var (one, other) = (await caller("app-1"), await caller("app-2"));

        Assert.NotEqual(one, other);
        Assert.EndsWith("/app-1", one, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_issuer_that_is_down_is_an_outage_and_not_the_callers_fault()
    {
        await using var cutOff = await AtpHost.StartAsync(stack, new AtpHostOptions
        {
            Settings = { ["Atp:Entra:Authority"] = "http://127.0.0.1:9/nobody" },
        });

        Assert.Equal(HttpStatusCode.InternalServerError, (await cutOff.Admin.GetAsync("/api/policies", Stop)).StatusCode);
    }

    [Fact]
    public async Task A_device_gets_in_with_its_own_credential_and_nobody_else_does()
    {
        await host.ImportAsync([TestSite.Line("dev-1"), TestSite.Line("dev-2")]);
        var device = await host.EnrollAsync("dev-1");
        var other = await host.EnrollAsync("dev-2");

        Assert.Equal("dev-1", (string?)(await (await device.GetAsync("/api/test/device")).JsonAsync())["deviceId"]);
        await DeviceRefusedAsync($"Bearer {Token()}");
        await DeviceRefusedAsync(null);
        await DeviceRefusedAsync(device.Token().Replace("sr=dev-1", "sr=dev-2", StringComparison.Ordinal));
        await DeviceRefusedAsync(device.Token() + "0");
        await DeviceRefusedAsync(device.Token(TimeSpan.FromSeconds(-1)));
        await DeviceRefusedAsync(device.Token(TimeSpan.FromDays(2)));
        Assert.NotEqual(device.Key, other.Key);
        using var client = device.Client();
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/policies", Stop)).StatusCode);
    }

    [Theory]
    [InlineData("GET", "/api/devices/{0}", "dev-1")]
    [InlineData("DELETE", "/api/devices/{0}", "dev-1")]
    [InlineData("POST", "/api/devices/{0}/enroll", "dev-1")]
    [InlineData("GET", "/api/agent/configuration/{0}", "dev-1")]
    public async Task A_stranger_is_told_the_same_of_what_exists_and_of_what_does_not(string method, string address, string there)
    {
        await host.ImportAsync([TestSite.Line(there)]);

        Assert.Equal(await ToldAsync(method, address, there), await ToldAsync(method, address, "not-there"));
    }

    private async Task<string> ToldAsync(string method, string address, string id)
    {
        using var stranger = host.Anonymous();
        using var request = new HttpRequestMessage(new HttpMethod(method), address.Replace("{0}", id, StringComparison.Ordinal));
        using var answer = await stranger.SendAsync(request, Stop);
        var problem = System.Text.Json.Nodes.JsonNode.Parse(await answer.Content.ReadAsStringAsync(Stop))!.AsObject();
        problem.Remove("traceId");
        problem.Remove("instance");
        answer.Headers.Date = null;
        return $"{(int)answer.StatusCode} {answer.Headers} {problem.ToJsonString()}";
    }

    private static string Unsigned(string payload) =>
        $"{Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""")}.{payload}.";

    private TokenRequest Request() => new() { Subject = "test-admin", Audience = stack.Stack.Audience, Roles = ["Policies.Read"] };

    private string Token(TimeSpan? lifetime = null, string? audience = null) => stack.Stack.Tokens.CreateToken(Request() with
    {
        Lifetime = lifetime ?? TimeSpan.FromHours(1),
        Audience = audience ?? stack.Stack.Audience,
    });

    /// <summary>The claims of a good token under another signature; under none when there are no credentials.</summary>
    private string Forge(SigningCredentials? credentials)
    {
        var payload = Token().Split('.')[1];
        return credentials is null ? Unsigned(payload) : new JsonWebTokenHandler().CreateToken(Base64UrlEncoder.Decode(payload), credentials);
    }

    private async Task<HttpResponseMessage> GetAsync(string? authorization, string address = "/api/policies")
    {
        using var client = host.Anonymous();
        if (authorization is not null)
        {
            client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization);
        }

        return await client.GetAsync(address, Stop);
    }

    private async Task RefusedAsync(string token)
    {
        using var answer = await GetAsync($"Bearer {token}");

        var problem = await answer.ProblemAsync(HttpStatusCode.Unauthorized, "token.invalid");
        Assert.DoesNotContain("IDX", problem.ToJsonString(), StringComparison.Ordinal);
    }

    private async Task DeviceRefusedAsync(string? authorization)
    {
        using var answer = await GetAsync(authorization, "/api/test/device");

        await answer.ProblemAsync(HttpStatusCode.Unauthorized, "device.token-invalid");
        Assert.Equal("SharedAccessSignature", answer.Headers.WwwAuthenticate.ToString());
    }
}
