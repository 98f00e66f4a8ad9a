using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Atp.Local;

/// <summary>The grant of applications (RFC 6749, section 4.4) with Entra ID's scopes: <c>{audience}/.default</c>.</summary>
internal sealed class ClientCredentialsGrant(TokenIssuer issuer, IReadOnlyList<LocalClient> clients)
{
    public const string DefaultScope = "/.default";
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    public IResult Answer(HttpRequest request, IFormCollection form)
    {
        if (form["grant_type"] != "client_credentials")
        {
            return Refuse(400, "unsupported_grant_type", "grant_type must be client_credentials, or where people sign in, authorization_code or refresh_token.");
        }
        var (id, secret) = Credentials(request, form);
        var client = clients.FirstOrDefault(c => c.Id == id);
        if (client is null || !SameText(client.Secret, secret))
        {
            return Refuse(401, "invalid_client", $"There is no client '{id}', or its secret is another one.");
        }
        var scope = form["scope"].ToString();
        if (!scope.EndsWith(DefaultScope, StringComparison.Ordinal))
        {
            return Refuse(400, "invalid_scope", $"scope must be an audience followed by {DefaultScope}.");
        }
        var audience = scope[..^DefaultScope.Length];
        if (!client.Audiences.Contains(audience, StringComparer.Ordinal))
        {
            return Refuse(400, "invalid_scope",
                $"Client '{id}' gets tokens for {string.Join(" and ", client.Audiences)}, not for '{audience}'.");
        }

        var token = issuer.CreateToken(new TokenRequest
        {
            Subject = client.Id,
            Audience = audience,
            Roles = client.Roles,
            Lifetime = Lifetime,
            Name = client.Id,
            ApplicationId = client.Id,
        });
        return Results.Json(new Dictionary<string, object>
        {
            ["token_type"] = "Bearer",
            ["expires_in"] = (int)Lifetime.TotalSeconds,
            ["access_token"] = token,
        });
    }

    private static (string Id, string Secret) Credentials(HttpRequest request, IFormCollection form)
    {
        if (AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out var header)
            && header is { Scheme: "Basic", Parameter: { } parameter })
        {
            var decoded = new byte[parameter.Length];
            var isBase64 = Convert.TryFromBase64String(parameter, decoded, out var length);
            var parts = (isBase64 ? Encoding.UTF8.GetString(decoded, 0, length) : "").Split(':', 2);
            return (Uri.UnescapeDataString(parts[0]), Uri.UnescapeDataString(parts.ElementAtOrDefault(1) ?? ""));
        }
        return (form["client_id"].ToString(), form["client_secret"].ToString());
    }

    private static bool SameText(string expected, string given) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(given));

    public static IResult Refuse(int status, string error, string description) => Results.Json(
        new Dictionary<string, string> { ["error"] = error, ["error_description"] = description }, statusCode: status);
}
