using System.Text.Json.Serialization;

namespace Atp.Cli.Client;

/// <summary>Gives the administrator's token: one that was handed over, or fresh ones for client credentials.</summary>
public sealed class TokenSource
{
    private static readonly TimeSpan RenewBefore = TimeSpan.FromMinutes(1);
    private readonly HttpClient http;
    private readonly Connection? connection;
    private readonly TimeProvider clock;
    private (string Token, DateTimeOffset Until)? current;

    private TokenSource(HttpClient http, Connection? connection, TimeProvider clock) =>
        (this.http, this.connection, this.clock) = (http, connection, clock);

    /// <summary>A token that somebody else got; it can't be renewed here.</summary>
    public static TokenSource Given(string token, HttpClient http, TimeProvider clock) =>
        new(http, null, clock) { current = (token, DateTimeOffset.MaxValue) };

    /// <summary>Asks the token endpoint of a running local stack, and again before a token ends.</summary>
    public static TokenSource Of(Connection connection, HttpClient http, TimeProvider clock) => new(http, connection, clock);

    public async Task<string> GetAsync(CancellationToken ct)
    {
        if (current is { } known && known.Until > clock.GetUtcNow())
        {
            return known.Token;
        }

        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = connection!.ClientId,
            ["client_secret"] = connection.ClientSecret,
            ["scope"] = connection.Scope,
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, connection.TokenEndpoint) { Content = form };
        using var answer = await Http.SendAsync(http, request, ct);
        if (!answer.IsSuccessStatusCode)
        {
            throw new CommandException(
                $"{connection.TokenEndpoint} gave no token (HTTP {(int)answer.StatusCode}). Start the local stack again with `atp up`.");
        }

        var token = await Http.ReadAsync<TokenAnswer>(answer, ct);
        current = (token.AccessToken, clock.GetUtcNow().AddSeconds(token.ExpiresIn) - RenewBefore);
        return token.AccessToken;
    }

    private sealed record TokenAnswer(
        [property: JsonPropertyName("access_token")] string AccessToken, [property: JsonPropertyName("expires_in")] int ExpiresIn);
}
