using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Atp.Local;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Atp.Infra.Tests.Local;

/// <summary>People sign in at the local issuer by the protocol that a single-page application speaks with Entra ID.</summary>
public sealed class SignInTests(SignInFixture issuer) : IClassFixture<SignInFixture>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static TheoryData<string> UserNames => [.. LocalStack.Users.Select(user => user.UserName)];

    [Theory]
    [MemberData(nameof(UserNames))]
    public async Task Who_signs_in_gets_tokens_with_a_name_the_roles_and_the_nonce(string userName)
    {
        var user = LocalStack.Users.Single(u => u.UserName == userName);

        using var answer = await issuer.RedeemAsync(await issuer.CodeAsync(userName));

        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.Equal("*", Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Origin")));
        var tokens = await answer.Content.ReadFromJsonAsync<JsonElement>(Stop);
        Assert.Equal(("Bearer", 3600, $"{SignInFixture.Audience}/.default"),
            (Text(tokens, "token_type"), tokens.GetProperty("expires_in").GetInt32(), Text(tokens, "scope")));
        var (access, identity) = (new JsonWebToken(Text(tokens, "access_token")), new JsonWebToken(Text(tokens, "id_token")));
        Assert.Null(await issuer.Tokens.FindFaultAsync(access.EncodedToken, SignInFixture.Audience));
        Assert.Null(await issuer.Tokens.FindFaultAsync(identity.EncodedToken, SignInFixture.ClientId));
        Assert.All([access, identity], token =>
        {
            Assert.Equal((user.Name, userName), (token.GetClaim("name").Value, token.GetClaim("preferred_username").Value));
            Assert.Equal(user.Roles, token.Claims.Where(c => c.Type == "roles").Select(c => c.Value));
        });
        Assert.Equal("the nonce", identity.GetClaim("nonce").Value);
        Assert.False(access.TryGetClaim("nonce", out _));
        Assert.Equal(SignInFixture.ClientId, access.Azp);
    }

    [Fact]
    public async Task The_answer_goes_back_to_the_application_in_the_fragment_with_its_state()
    {
        using var answer = await issuer.AnswerAsync(SignInFixture.Question(("state", "a b&c=#d")), "analyst@atp.local", $" {SignInFixture.Password} ");

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.StartsWith($"{SignInFixture.Home}#code=", answer.Headers.Location!.AbsoluteUri, StringComparison.Ordinal);
        Assert.EndsWith("&state=a%20b%26c%3D%23d", answer.Headers.Location.AbsoluteUri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_runs_no_script_is_kept_nowhere_and_shows_what_it_is_sent_as_text()
    {
        using var page = await issuer.AskAsync(SignInFixture.Question(("state", "\"><script>alert(1)</script>")));
        var html = await page.Content.ReadAsStringAsync(Stop);

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.True(page.Headers.CacheControl!.NoStore);
        Assert.StartsWith("default-src 'none'; style-src 'unsafe-inline';", Assert.Single(page.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.Contains("value=\"&quot;&gt;&lt;script&gt;", html, StringComparison.Ordinal);
        Assert.All(LocalStack.Users, user => Assert.Contains(user.Name, html, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("administrator@atp.local", "guess")]
    [InlineData("administrator@atp.local", "")]
    [InlineData("somebody@atp.local", SignInFixture.Password)]
    public async Task Whoever_does_not_know_the_password_or_is_nobody_is_asked_again_and_gets_no_code(string user, string password)
    {
        using var answer = await issuer.AnswerAsync(SignInFixture.Question(), user, password);
        var html = await answer.Content.ReadAsStringAsync(Stop);

        Assert.Equal((HttpStatusCode.OK, null), (answer.StatusCode, answer.Headers.Location));
        Assert.Contains("""<p role="alert">That is not the password.""", html, StringComparison.Ordinal);
        Assert.DoesNotContain(SignInFixture.Password, html, StringComparison.Ordinal);
        Assert.DoesNotContain("guess", html, StringComparison.Ordinal);
        Assert.Contains("value=\"the state\"", html, StringComparison.Ordinal); // the next try still knows where it leads
    }

    [Theory]
    [InlineData("redirect_uri", "https://attacker.example/")]
    [InlineData("redirect_uri", "http://attacker.example/")]
    [InlineData("redirect_uri", "http://127.0.0.1.attacker.example/")]
    [InlineData("redirect_uri", "http://localhost@attacker.example/")]
    [InlineData("redirect_uri", "http://localhost:7071\\@attacker.example/")]
    [InlineData("redirect_uri", "//attacker.example/")]
    [InlineData("redirect_uri", "javascript:alert(1)")]
    [InlineData("redirect_uri", "https://localhost:7071/")]
    [InlineData("redirect_uri", "http://localhost:7071/#code=mine")]
    [InlineData("redirect_uri", "")]
    [InlineData("client_id", "another-page")]
    [InlineData("response_type", "token")]
    [InlineData("code_challenge", "")]
    [InlineData("code_challenge_method", "plain")]
    public async Task A_question_that_is_not_right_is_refused_here_and_leads_nowhere(string name, string value)
    {
        var question = SignInFixture.Question((name, value));

        foreach (var answer in new[] { await issuer.AskAsync(question), await issuer.AnswerAsync(question, "administrator@atp.local", SignInFixture.Password) })
        {
            Assert.Equal((HttpStatusCode.BadRequest, null, "text/plain"), (answer.StatusCode, answer.Headers.Location, answer.Content.Headers.ContentType!.MediaType));
            answer.Dispose();
        }
    }

    [Theory]
    [InlineData("code_verifier", "another-verifier-of-43-characters-at-least-as-the-RFC-asks")]
    [InlineData("code_verifier", "")]
    [InlineData("client_id", "another-page")]
    [InlineData("redirect_uri", "http://localhost:7071/elsewhere/")]
    public async Task A_code_is_worth_nothing_to_another_and_then_to_nobody(string name, string value)
    {
        var code = await issuer.CodeAsync();

        await RefusedAsync(issuer.RedeemAsync(code, (name, value)));
        await RefusedAsync(issuer.RedeemAsync(code));
    }

    [Fact]
    public async Task A_code_is_good_once()
    {
        var code = await issuer.CodeAsync();

        await SignInFixture.TokensAsync(issuer.RedeemAsync(code));
        await RefusedAsync(issuer.RedeemAsync(code));
    }

    [Fact]
    public async Task A_code_is_good_for_a_minute()
    {
        var (early, late) = (await issuer.CodeAsync(), await issuer.CodeAsync());
        issuer.Clock.Advance(TimeSpan.FromSeconds(59));
        await SignInFixture.TokensAsync(issuer.RedeemAsync(early));
        issuer.Clock.Advance(TimeSpan.FromSeconds(1));

        await RefusedAsync(issuer.RedeemAsync(late));
    }

    [Fact]
    public async Task A_refresh_token_is_good_once_and_gives_the_next_for_the_same_person()
    {
        var first = await SignInFixture.TokensAsync(issuer.RedeemAsync(await issuer.CodeAsync("reader@atp.local")));

        var second = await SignInFixture.TokensAsync(issuer.RefreshAsync(Text(first, "refresh_token")));

        await RefusedAsync(issuer.RefreshAsync(Text(first, "refresh_token")));
        Assert.Equal("reader@atp.local", new JsonWebToken(Text(second, "access_token")).GetClaim("preferred_username").Value);
        Assert.NotEqual(Text(first, "refresh_token"), Text(second, "refresh_token"));
        await SignInFixture.TokensAsync(issuer.RefreshAsync(Text(second, "refresh_token")));
    }

    [Fact]
    public async Task A_session_lasts_a_day_however_often_it_is_refreshed()
    {
        var tokens = await SignInFixture.TokensAsync(issuer.RedeemAsync(await issuer.CodeAsync()));
        issuer.Clock.Advance(TimeSpan.FromHours(23));
        tokens = await SignInFixture.TokensAsync(issuer.RefreshAsync(Text(tokens, "refresh_token")));
        issuer.Clock.Advance(TimeSpan.FromHours(1));

        await RefusedAsync(issuer.RefreshAsync(Text(tokens, "refresh_token")));
    }

    [Fact]
    public async Task Sessions_that_are_ended_give_no_more_tokens_and_new_ones_do()
    {
        var tokens = await SignInFixture.TokensAsync(issuer.RedeemAsync(await issuer.CodeAsync()));

        issuer.Tokens.EndSessions();

        await RefusedAsync(issuer.RefreshAsync(Text(tokens, "refresh_token")));
        tokens = await SignInFixture.TokensAsync(issuer.RedeemAsync(await issuer.CodeAsync()));
        await SignInFixture.TokensAsync(issuer.RefreshAsync(Text(tokens, "refresh_token")));
    }

    [Fact]
    public void The_password_is_not_in_what_the_options_print() =>
        Assert.DoesNotContain("secret-word", $"{new SignInOptions("page", "api", "secret-word", LocalStack.Users)}", StringComparison.Ordinal);

    private static async Task RefusedAsync(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(Stop);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (answer.StatusCode, Text(body, "error")));
        Assert.False(body.TryGetProperty("access_token", out _));
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
