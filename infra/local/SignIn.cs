using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.Tokens;

namespace Atp.Local;

/// <summary>
/// Signs people in with a browser, as Entra ID does for a single-page application: the authorization-code grant with PKCE (RFC 6749
/// section 4.1, RFC 7636), answered in the address's fragment, and refresh tokens that are good for one use.
/// </summary>
internal sealed class SignIn(TokenIssuer issuer, SignInOptions options)
{
    private const string CodeGrant = "authorization_code";
    private const string RefreshGrant = "refresh_token";
    private static readonly string[] KeptFields =
        ["client_id", "redirect_uri", "response_type", "code_challenge", "code_challenge_method", "state", "nonce"];

    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan CodeLifetime = TimeSpan.FromMinutes(1);

    /// <summary>Entra ID's for single-page applications.</summary>
    private static readonly TimeSpan SessionLifetime = TimeSpan.FromHours(24);

    private readonly ConcurrentDictionary<string, Code> codes = new();
    private readonly ConcurrentDictionary<string, Session> sessions = new();

    /// <summary>Refresh tokens that were given out are worth nothing from now on.</summary>
    public void EndSessions() => sessions.Clear();

    /// <summary>The page on which a person says who it is.</summary>
    public IResult Ask(HttpRequest request) =>
        Fault(name => request.Query[name].ToString()) is { } fault ? Refused(request, fault) : Page(request, name => request.Query[name].ToString(), "");

    /// <summary>What that page sends: back to the application with a code, or once more.</summary>
    public async Task<IResult> AnswerAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync(request.HttpContext.RequestAborted);
        string Field(string name) => form[name].ToString();
        if (Fault(Field) is { } fault)
        {
            return Refused(request, fault);
        }

        var user = options.Users.FirstOrDefault(u => u.UserName == Field("user"));
        if (user is null || !SameText(options.Password, Field("password").Trim()))
        {
            return Page(request, Field, "That is not the password. `atp up` shows it when it starts.");
        }

        var code = NewSecret();
        codes[code] = new Code(user, Field("redirect_uri"), Field("code_challenge"), Field("nonce"), issuer.UtcNow + CodeLifetime);
        return Results.Redirect($"{Field("redirect_uri")}#code={code}&state={Uri.EscapeDataString(Field("state"))}");
    }

    /// <summary>Null when the grant is neither of the two that are answered here.</summary>
    public IResult? Grant(IFormCollection form) => form["grant_type"].ToString() switch
    {
        CodeGrant => Redeem(form),
        RefreshGrant => Refresh(form),
        _ => null,
    };

    private IResult Redeem(IFormCollection form)
    {
        if (!codes.TryRemove(form["code"].ToString(), out var code) || code.Until <= issuer.UtcNow
            || form["client_id"] != options.ClientId || form["redirect_uri"] != code.RedirectUri)
        {
            return ClientCredentialsGrant.Refuse(400, "invalid_grant", "The code was used already, has expired, or is of another application.");
        }

        var challenge = Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString())));
        return SameText(code.Challenge, challenge)
            ? Tokens(new Session(code.User, issuer.UtcNow + SessionLifetime), code.Nonce)
            : ClientCredentialsGrant.Refuse(400, "invalid_grant", "code_verifier is not what code_challenge was made from.");
    }

    private IResult Refresh(IFormCollection form) =>
        sessions.TryRemove(form["refresh_token"].ToString(), out var session) && session.Until > issuer.UtcNow
            ? Tokens(session, nonce: "")
            : ClientCredentialsGrant.Refuse(400, "invalid_grant", "The refresh token was used already, or the session has ended. Sign in again.");

    private IResult Tokens(Session session, string nonce)
    {
        var refreshToken = NewSecret();
        sessions[refreshToken] = session;
        var token = new TokenRequest
        {
            Subject = session.User.UserName,
            Audience = options.Audience,
            Roles = session.User.Roles,
            Lifetime = TokenLifetime,
            Name = session.User.Name,
            UserName = session.User.UserName,
            ApplicationId = options.ClientId,
        };
        return Results.Json(new Dictionary<string, object>
        {
            ["token_type"] = "Bearer",
            ["scope"] = $"{options.Audience}{ClientCredentialsGrant.DefaultScope}",
            ["expires_in"] = (int)TokenLifetime.TotalSeconds,
            ["access_token"] = issuer.CreateToken(token),
            ["id_token"] = issuer.CreateToken(token with { Audience = options.ClientId, Nonce = nonce.Length == 0 ? null : nonce }),
            ["refresh_token"] = refreshToken,
        });
    }

    /// <summary>What is wrong with an application's question; such a one is never sent back to the address that it names.</summary>
    private string? Fault(Func<string, string> field) =>
        field("client_id") != options.ClientId ? $"There is no application '{field("client_id")}' for people to sign in to."
        : !IsHere(field("redirect_uri")) ? "redirect_uri must be an address on this machine: http://127.0.0.1:… or http://localhost:…."
        : field("response_type") != "code" ? "response_type must be code."
        : field("code_challenge_method") != "S256" || field("code_challenge").Length == 0 ? "PKCE is needed: code_challenge, with code_challenge_method S256."
        : null;

    /// <summary>Nowhere else may a code go, whoever asks.</summary>
    private static bool IsHere(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri is { IsLoopback: true, Scheme: "http", Fragment: "" };

    private IResult Page(HttpRequest request, Func<string, string> field, string complaint)
    {
        Protect(request);
        var kept = string.Concat(KeptFields.Select(name => $"""<input type="hidden" name="{name}" value="{WebUtility.HtmlEncode(field(name))}">"""));
        var users = string.Concat(options.Users.Select((user, index) => $"""
            <label><input type="radio" name="user" value="{WebUtility.HtmlEncode(user.UserName)}" {(index == 0 ? "checked" : "")}>
            {WebUtility.HtmlEncode(user.Name)} <small>{WebUtility.HtmlEncode(user.Roles.Count == 0 ? "no role" : string.Join(", ", user.Roles))}</small></label>
            """));
        var alert = complaint.Length == 0 ? "" : $"""<p role="alert">{WebUtility.HtmlEncode(complaint)}</p>""";
        return Results.Content($$"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Sign in on this machine</title>
            <style>
            :root { color-scheme: light dark } body { font: 16px system-ui, sans-serif; max-width: 30rem; margin: 10vh auto; padding: 0 1rem }
            label { display: block; padding: .5rem 0 } small { display: block; margin-left: 1.6rem } button, input { font: inherit }
            input[type=password] { display: block; width: 100%; box-sizing: border-box; padding: .4rem } button { padding: .5rem 1.5rem; margin-top: 1rem }
            </style></head>
            <body><main><h1>Sign in on this machine</h1><p>The local issuer, in place of Entra ID.</p>{{alert}}
            <form method="post">{{kept}}<fieldset><legend>As whom</legend>{{users}}</fieldset>
            <label>Password, as <code>atp up</code> shows it<input type="password" name="password" autocomplete="current-password" required autofocus></label>
            <button>Sign in</button></form></main></body></html>
            """, "text/html; charset=utf-8");
    }

    private static IResult Refused(HttpRequest request, string fault)
    {
        Protect(request);
        return Results.Text(fault, "text/plain", Encoding.UTF8, StatusCodes.Status400BadRequest);
    }

    private static void Protect(HttpRequest request)
    {
        var headers = request.HttpContext.Response.Headers;
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";
        headers["Referrer-Policy"] = "no-referrer";
    }

    private static string NewSecret() => WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32));

    private static bool SameText(string expected, string given) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(given));

    private sealed record Code(LocalUser User, string RedirectUri, string Challenge, string Nonce, DateTimeOffset Until);

    private sealed record Session(LocalUser User, DateTimeOffset Until);
}
