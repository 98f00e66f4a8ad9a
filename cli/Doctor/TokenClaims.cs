using System.Buffers.Text;
using System.Text.Json;

namespace Atp.Cli.Doctor;

/// <summary>What an access token says of itself, as far as it explains why it is refused. Nobody has verified it here.</summary>
internal sealed record TokenClaims(
    string Subject, string Issuer, string Audience, DateTimeOffset? NotBefore, DateTimeOffset? ExpiresAt, IReadOnlyList<string> Roles)
{
    /// <returns>Null when it is no JWT.</returns>
    public static TokenClaims? TryRead(string token)
    {
        if (token.Split('.') is not [_, var payload, _])
        {
            return null;
        }

        try
        {
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(payload));
            var root = claims.RootElement;
            return new TokenClaims(
                Text(root, "name") ?? Text(root, "sub") ?? "nobody", Text(root, "iss") ?? "nobody", Text(root, "aud") ?? "nobody",
                Time(root, "nbf"), Time(root, "exp"),
                root.TryGetProperty("roles", out var roles) && roles.ValueKind == JsonValueKind.Array
                    ? [.. roles.EnumerateArray().Where(role => role.ValueKind == JsonValueKind.String).Select(role => role.GetString()!)]
                    : []);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static DateTimeOffset? Time(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
}
