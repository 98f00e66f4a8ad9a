using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Atp.Local;
using Azure;
using Azure.Security.KeyVault.Secrets;

namespace Atp.Infra.Tests.Local;

public sealed class KeyVaultEmulatorTests(IssuerFixture issuer) : IClassFixture<IssuerFixture>, IAsyncLifetime
{
    private readonly TokenIssuer tokens = issuer.Tokens;
    private KeyVaultEmulator vault = null!;
    private SecretClient client = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        vault = await KeyVaultEmulator.StartAsync(new KeyVaultEmulatorOptions(), tokens, Stop);
        client = VaultClients.Secrets(vault, tokens);
    }

    public ValueTask DisposeAsync() => vault.DisposeAsync();

    [Fact]
    public async Task A_secret_that_was_set_is_read_back_with_its_properties()
    {
        var secret = new KeyVaultSecret("workspace-key", "s3cret ü")
        {
            Properties =
            {
                ContentType = "text/plain",
                NotBefore = new DateTimeOffset(2031, 1, 2, 3, 4, 5, TimeSpan.Zero),
                ExpiresOn = new DateTimeOffset(2032, 1, 2, 3, 4, 5, TimeSpan.Zero),
                Tags = { ["policy"] = "p1" },
            },
        };

        var set = (await client.SetSecretAsync(secret, Stop)).Value;
        var got = (await client.GetSecretAsync("workspace-key", cancellationToken: Stop)).Value;

        Assert.Equal("s3cret ü", got.Value);
        Assert.Equal(set.Properties.Version, got.Properties.Version);
        Assert.Equal(32, got.Properties.Version.Length);
        Assert.Equal($"{vault.Endpoint}secrets/workspace-key/{got.Properties.Version}", got.Id.AbsoluteUri);
        Assert.Equal("text/plain", got.Properties.ContentType);
        Assert.Equal(secret.Properties.NotBefore, got.Properties.NotBefore);
        Assert.Equal(secret.Properties.ExpiresOn, got.Properties.ExpiresOn);
        Assert.Equal("p1", got.Properties.Tags["policy"]);
        Assert.True(got.Properties.Enabled);
        Assert.Equal("Recoverable+Purgeable", got.Properties.RecoveryLevel);
        Assert.Equal(90, got.Properties.RecoverableDays);
        Assert.NotNull(got.Properties.CreatedOn);
    }

    [Fact]
    public async Task Each_set_adds_a_version_and_the_newest_is_the_default()
    {
        var first = (await client.SetSecretAsync("a", "one", Stop)).Value;
        var second = (await client.SetSecretAsync("a", "two", Stop)).Value;

        Assert.Equal("two", (await client.GetSecretAsync("a", cancellationToken: Stop)).Value.Value);
        Assert.Equal("one", (await client.GetSecretAsync("a", first.Properties.Version, cancellationToken: Stop)).Value.Value);
        var versions = await client.GetPropertiesOfSecretVersionsAsync("a", Stop).Select(v => v.Version).ToListAsync(Stop);
        Assert.Equal(new[] { first.Properties.Version, second.Properties.Version }.Order(StringComparer.Ordinal), versions);
        Assert.Empty(await client.GetPropertiesOfSecretVersionsAsync("b", Stop).ToListAsync(Stop));
    }

    [Fact]
    public async Task Names_are_not_case_sensitive()
    {
        await client.SetSecretAsync("Mixed-Case", "v", Stop);

        Assert.Equal("v", (await client.GetSecretAsync("mixed-case", cancellationToken: Stop)).Value.Value);
    }

    [Fact]
    public async Task Lists_are_paged_and_hold_each_secret_once_without_its_value()
    {
        for (var n = 0; n < 60; n++)
        {
            await client.SetSecretAsync($"s{n:00}", "v", Stop);
        }

        var pages = await client.GetPropertiesOfSecretsAsync(Stop).AsPages().ToListAsync(Stop);

        Assert.Equal([25, 25, 10], pages.Select(p => p.Values.Count));
        Assert.StartsWith($"{vault.Endpoint}secrets?", pages[0].ContinuationToken, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, 60).Select(n => $"s{n:00}"), pages.SelectMany(p => p.Values).Select(s => s.Name));
    }

    [Fact]
    public async Task Versions_are_paged_too()
    {
        for (var n = 0; n < 30; n++)
        {
            await client.SetSecretAsync("many", $"v{n}", Stop);
        }

        Assert.Equal(30, await client.GetPropertiesOfSecretVersionsAsync("many", Stop).Select(v => v.Version).Distinct().CountAsync(Stop));
    }

    [Fact]
    public async Task An_update_changes_properties_and_leaves_the_value()
    {
        var secret = (await client.SetSecretAsync("a", "one", Stop)).Value;
        secret.Properties.ContentType = "text/plain";
        secret.Properties.Tags["colour"] = "green";

        await client.UpdateSecretPropertiesAsync(secret.Properties, Stop);

        var got = (await client.GetSecretAsync("a", cancellationToken: Stop)).Value;
        Assert.Equal(("one", "text/plain", "green"), (got.Value, got.Properties.ContentType, got.Properties.Tags["colour"]));
    }

    [Fact]
    public async Task A_disabled_secret_is_listed_but_not_read()
    {
        var secret = (await client.SetSecretAsync("a", "one", Stop)).Value;
        secret.Properties.Enabled = false;
        await client.UpdateSecretPropertiesAsync(secret.Properties, Stop);

        var error = await Assert.ThrowsAsync<RequestFailedException>(() => client.GetSecretAsync("a", cancellationToken: Stop));

        Assert.Equal((403, "Forbidden"), (error.Status, error.ErrorCode));
        Assert.Contains("disabled secret", error.Message, StringComparison.Ordinal);
        Assert.False(Assert.Single(await client.GetPropertiesOfSecretsAsync(Stop).ToListAsync(Stop)).Enabled);
    }

    [Fact]
    public async Task A_deleted_secret_can_be_seen_and_recovered_with_all_its_versions()
    {
        var first = (await client.SetSecretAsync("a", "one", Stop)).Value;
        await client.SetSecretAsync("a", "two", Stop);

        var deletion = await client.StartDeleteSecretAsync("a", Stop);
        await deletion.WaitForCompletionAsync(VaultClients.QuickPolling, Stop);

        Assert.Equal(404, (await Assert.ThrowsAsync<RequestFailedException>(() => client.GetSecretAsync("a", cancellationToken: Stop))).Status);
        Assert.Empty(await client.GetPropertiesOfSecretsAsync(Stop).ToListAsync(Stop));
        var deleted = (await client.GetDeletedSecretAsync("a", Stop)).Value;
        Assert.Equal($"{vault.Endpoint}deletedsecrets/a", deleted.RecoveryId.AbsoluteUri);
        Assert.Equal(TimeSpan.FromDays(90), deleted.ScheduledPurgeDate - deleted.DeletedOn);
        Assert.Equal("a", Assert.Single(await client.GetDeletedSecretsAsync(Stop).ToListAsync(Stop)).Name);

        var recovery = await client.StartRecoverDeletedSecretAsync("a", Stop);
        await recovery.WaitForCompletionAsync(VaultClients.QuickPolling, Stop);

        Assert.Equal("two", (await client.GetSecretAsync("a", cancellationToken: Stop)).Value.Value);
        Assert.Equal("one", (await client.GetSecretAsync("a", first.Properties.Version, cancellationToken: Stop)).Value.Value);
    }

    [Fact]
    public async Task A_deleted_name_can_be_set_again_only_after_a_purge()
    {
        await client.SetSecretAsync("a", "one", Stop);
        await (await client.StartDeleteSecretAsync("a", Stop)).WaitForCompletionAsync(VaultClients.QuickPolling, Stop);

        var conflict = await Assert.ThrowsAsync<RequestFailedException>(() => client.SetSecretAsync("a", "two", Stop));
        Assert.Equal((409, "Conflict"), (conflict.Status, conflict.ErrorCode));
        Assert.Contains("ObjectIsDeletedButRecoverable", conflict.GetRawResponse()!.Content.ToString(), StringComparison.Ordinal);

        Assert.Equal(204, (await client.PurgeDeletedSecretAsync("a", Stop)).Status);
        Assert.Equal(404, (await Assert.ThrowsAsync<RequestFailedException>(() => client.GetDeletedSecretAsync("a", Stop))).Status);
        await client.SetSecretAsync("a", "two", Stop);
    }

    [Fact]
    public async Task What_does_not_exist_is_not_found_by_any_operation()
    {
        var properties = (await client.SetSecretAsync("other", "v", Stop)).Value.Properties;
        Func<Task>[] operations =
        [
            () => client.GetSecretAsync("none", cancellationToken: Stop),
            () => client.GetSecretAsync("other", new string('0', 32), cancellationToken: Stop),
            () => client.StartDeleteSecretAsync("none", Stop),
            () => client.GetDeletedSecretAsync("other", Stop),
            () => client.StartRecoverDeletedSecretAsync("other", Stop),
            () => client.PurgeDeletedSecretAsync("other", Stop),
            async () =>
            {
                await (await client.StartDeleteSecretAsync("other", Stop)).WaitForCompletionAsync(VaultClients.QuickPolling, Stop);
                await client.UpdateSecretPropertiesAsync(properties, Stop);
            },
        ];
        foreach (var operation in operations)
        {
            var error = await Assert.ThrowsAsync<RequestFailedException>(operation);
            Assert.Equal((404, "SecretNotFound"), (error.Status, error.ErrorCode));
        }
    }

    [Theory]
    [InlineData("under_score")]
    [InlineData("dot.dot")]
    [InlineData("näme")]
    public async Task A_name_of_other_characters_is_refused(string name)
    {
        var error = await Assert.ThrowsAsync<RequestFailedException>(() => client.SetSecretAsync(name, "v", Stop));

        Assert.Equal((400, "BadParameter"), (error.Status, error.ErrorCode));
    }

    [Fact]
    public async Task A_name_may_have_127_characters_and_no_more()
    {
        await client.SetSecretAsync(new string('a', 127), "v", Stop);

        var error = await Assert.ThrowsAsync<RequestFailedException>(() => client.SetSecretAsync(new string('a', 128), "v", Stop));
        Assert.Equal(400, error.Status);
    }

    [Fact]
    public async Task A_value_may_have_25_KB_and_no_more()
    {
        await client.SetSecretAsync("big", new string('x', 25 * 1024), Stop);

        var error = await Assert.ThrowsAsync<RequestFailedException>(() => client.SetSecretAsync("big", new string('x', (25 * 1024) + 1), Stop));
        Assert.Equal((400, "BadParameter"), (error.Status, error.ErrorCode));
    }

    [Fact]
    public async Task A_request_without_a_token_is_told_where_to_get_one()
    {
        using var http = VaultClients.Http(vault.CertificateSha256);

        using var answer = await http.GetAsync(new Uri(vault.Endpoint, "secrets/a?api-version=7.5"), Stop);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        var challenge = Assert.Single(answer.Headers.WwwAuthenticate);
        Assert.Equal("Bearer", challenge.Scheme);
        var tenant = tokens.Issuer.Replace("/v2.0", "", StringComparison.Ordinal);
        Assert.Equal($"authorization=\"{tenant}\", resource=\"https://vault.azure.net\"", challenge.Parameter);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(Stop);
        Assert.Equal("Unauthorized", body.GetProperty("error").GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("other-audience")]
    [InlineData("expired")]
    [InlineData("other-issuer")]
    [InlineData("changed")]
    [InlineData("not-a-token")]
    [InlineData("unsigned")]
    public async Task A_token_that_is_not_good_for_the_vault_is_refused(string fault)
    {
        var good = new TokenRequest { Subject = "s", Audience = KeyVaultEmulator.Audience };
        var token = fault switch
        {
            "other-audience" => tokens.CreateToken(good with { Audience = "api://atp-functions" }),
            "expired" => tokens.CreateToken(good with { Lifetime = TimeSpan.FromSeconds(-1) }),
            "other-issuer" => await StrangersTokenAsync(good),
            "changed" => Changed(tokens.CreateToken(good)),
            "unsigned" => Unsigned(tokens.CreateToken(good)),
            _ => "abc",
        };

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(token));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(tokens.CreateToken(good)));
    }

    [Fact]
    public async Task A_client_that_pins_another_certificate_does_not_connect()
    {
        using var http = VaultClients.Http(new string('0', 64));

        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(vault.Endpoint, Stop));
    }

    [Fact]
    public async Task An_unreadable_body_and_an_unknown_path_are_answered_as_errors()
    {
        using var http = VaultClients.Http(vault.CertificateSha256);
        var token = tokens.CreateToken(new TokenRequest { Subject = "s", Audience = KeyVaultEmulator.Audience });
        http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        using var half = new StringContent("{ \"value\": ", Encoding.UTF8, "application/json");

        using var garbled = await http.PutAsync(new Uri(vault.Endpoint, "secrets/a"), half, Stop);
        using var unknown = await http.GetAsync(new Uri(vault.Endpoint, "keys"), Stop);

        Assert.Equal(HttpStatusCode.BadRequest, garbled.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Contains("The emulator has no GET /keys", await unknown.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    private async Task<HttpStatusCode> StatusAsync(string token)
    {
        using var http = VaultClients.Http(vault.CertificateSha256);
        http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        using var answer = await http.GetAsync(new Uri(vault.Endpoint, "secrets/none"), Stop);
        return answer.StatusCode;
    }

    private static async Task<string> StrangersTokenAsync(TokenRequest request)
    {
        await using var stranger = await TokenIssuer.StartAsync(new TokenIssuerOptions(), Stop);
        return stranger.CreateToken(request);
    }

    private static string Changed(string token)
    {
        var parts = token.Split('.');
        var middle = parts[2].Length / 2;
        parts[2] = parts[2][..middle] + (parts[2][middle] == 'A' ? 'B' : 'A') + parts[2][(middle + 1)..];
        return string.Join('.', parts);
    }

    private static string Unsigned(string token) => $"eyJhbGciOiJub25lIn0.{token.Split('.')[1]}.";
}
