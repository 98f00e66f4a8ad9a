using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Atp.Local;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Time.Testing;

namespace Atp.Infra.Tests.Local;

/// <summary>An issuer that people sign in to, and an application that sends them there.</summary>
public sealed class SignInFixture : IAsyncLifetime
{
    internal const string Audience = "api://atp-functions", ClientId = "the-page", Home = "http://localhost:7071/api/dashboard/", Password = "abcd-efgh";
    internal const string Verifier = "a-verifier-of-43-characters-at-least-as-the-RFC-asks";

    private readonly HttpClient http = new(new HttpClientHandler { AllowAutoRedirect = false });

    internal FakeTimeProvider Clock { get; } = new(DateTimeOffset.UtcNow);

    internal TokenIssuer Tokens { get; private set; } = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Tokens = await TokenIssuer.StartAsync(
        new TokenIssuerOptions { SignIn = new SignInOptions(ClientId, Audience, Password, LocalStack.Users), Clock = Clock }, Stop);

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await Tokens.DisposeAsync();
    }

    /// <summary>What an application asks in the address; each change replaces a value.</summary>
    internal static Dictionary<string, string> Question(params (string Name, string Value)[] changes)
    {
        var question = new Dictionary<string, string>
        {
            ["client_id"] = ClientId,
            ["redirect_uri"] = Home,
            ["response_type"] = "code",
            ["code_challenge"] = WebEncoders.Base64UrlEncode(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier))),
            ["code_challenge_method"] = "S256",
            ["state"] = "the state",
            ["nonce"] = "the nonce",
        };
        foreach (var (name, value) in changes)
        {
            question[name] = value;
        }
        return question;
    }

    internal Task<HttpResponseMessage> AskAsync(Dictionary<string, string> question) =>
        http.GetAsync(new Uri(QueryHelpers.AddQueryString($"{Tokens.Tenant}/oauth2/v2.0/authorize", question!)), Stop);

    /// <summary>What the page sends.</summary>
    internal Task<HttpResponseMessage> AnswerAsync(Dictionary<string, string> question, string user, string password) =>
        PostAsync(new Uri($"{Tokens.Tenant}/oauth2/v2.0/authorize"), new(question) { ["user"] = user, ["password"] = password });

    internal async Task<string> CodeAsync(string user = "analyst@atp.local")
    {
        using var answer = await AnswerAsync(Question(), user, Password);
        return answer.Headers.Location!.Fragment["#code=".Length..].Split('&')[0];
    }

    internal Task<HttpResponseMessage> RedeemAsync(string code, params (string Name, string Value)[] changes)
    {
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "authorization_code",
            ["client_id"] = ClientId,
            ["redirect_uri"] = Home,
            ["code"] = code,
            ["code_verifier"] = Verifier,
        };
        foreach (var (name, value) in changes)
        {
            form[name] = value;
        }
        return PostAsync(Tokens.TokenEndpoint, form);
    }

    internal Task<HttpResponseMessage> RefreshAsync(string refreshToken) => PostAsync(
        Tokens.TokenEndpoint, new() { ["grant_type"] = "refresh_token", ["client_id"] = ClientId, ["refresh_token"] = refreshToken });

    /// <summary>Of an answer that has to be good.</summary>
    internal static async Task<JsonElement> TokensAsync(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        return await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(Stop);
    }

    private Task<HttpResponseMessage> PostAsync(Uri address, Dictionary<string, string> form) => http.PostAsync(address, new FormUrlEncodedContent(form), Stop);
}
