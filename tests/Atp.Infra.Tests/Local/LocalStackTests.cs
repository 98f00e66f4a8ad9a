using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atp.Local;
using Azure.Data.Tables;

namespace Atp.Infra.Tests.Local;

public sealed class LocalStackTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_settings_are_enough_to_reach_storage_and_the_vault()
    {
        await using var stack = await LocalStack.StartAsync(new LocalStackOptions { StorageAccounts = 2 }, Stop);

        var settings = stack.Settings(stack.Azurite.Accounts[1]);

        var tables = new TableServiceClient(
            new Uri(settings["Atp:Storage:TableEndpoint"]!),
            new TableSharedKeyCredential(settings["Atp:LocalTrust:StorageAccountName"], settings["Atp:LocalTrust:StorageAccountKey"]));
        await tables.CreateTableAsync("things", Stop);
        var same = new TableServiceClient(settings["AzureWebJobsStorage"]);
        Assert.Equal("things", Assert.Single(await same.QueryAsync(cancellationToken: Stop).ToListAsync(Stop)).Name);

        var token = await GrantAsync(settings["Atp:LocalTrust:TokenEndpoint"]!, settings["Atp:LocalTrust:ClientId"]!,
            settings["Atp:LocalTrust:ClientSecret"]!, "https://vault.azure.net/.default");
        using var http = VaultClients.Http(settings["Atp:LocalTrust:KeyVaultCertificateSha256"]!);
        http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        using var secrets = await http.GetAsync(new Uri($"{settings["Atp:KeyVault:Endpoint"]}secrets"), Stop);
        Assert.Equal(HttpStatusCode.OK, secrets.StatusCode);
        Assert.Equal(stack.Audience, settings["Atp:Entra:Audience"]);
        Assert.Equal(stack.Tokens.Issuer, settings["Atp:Entra:Authority"]);
    }

    [Fact]
    public async Task The_administrator_gets_tokens_for_the_API_and_none_for_the_vault()
    {
        await using var stack = await LocalStack.StartAsync(new LocalStackOptions(), Stop);
        var client = stack.AdministratorClient;

        Assert.NotNull(await GrantAsync(stack.Tokens.TokenEndpoint.AbsoluteUri, client.Id, client.Secret, $"{stack.Audience}/.default"));
        Assert.Null(await GrantAsync(stack.Tokens.TokenEndpoint.AbsoluteUri, client.Id, client.Secret, "https://vault.azure.net/.default"));
    }

    [Fact]
    public async Task A_kept_stack_comes_back_with_its_data_keys_and_secrets()
    {
        using var folder = new TemporaryFolder();
        var options = new LocalStackOptions { DataFolder = folder.Path };
        StorageAccountKey account;
        string administrator, certificate, password;
        await using (var first = await LocalStack.StartAsync(options, Stop))
        {
            account = new StorageAccountKey(first.Azurite.Accounts[0].Name, first.Azurite.Accounts[0].Key);
            (administrator, certificate, password) = (first.AdministratorClient.Secret, first.KeyVault.CertificateSha256, first.SignInPassword);
            var secrets = VaultClients.Secrets(first.KeyVault, first.Tokens);
            await secrets.SetSecretAsync("kept", "a-very-secret-value", Stop);
            await secrets.SetSecretAsync("removed", "another-secret-value", Stop);
            await secrets.StartDeleteSecretAsync("removed", Stop);
            await new TableServiceClient(first.Azurite.Accounts[0].ConnectionString).CreateTableAsync("things", Stop);
        }

        await using var second = await LocalStack.StartAsync(options with { StorageAccounts = 2 }, Stop);

        Assert.Equal(account, new StorageAccountKey(second.Azurite.Accounts[0].Name, second.Azurite.Accounts[0].Key));
        Assert.Equal(2, second.Azurite.Accounts.Count);
        Assert.Equal((administrator, certificate, password), (second.AdministratorClient.Secret, second.KeyVault.CertificateSha256, second.SignInPassword));
        var kept = VaultClients.Secrets(second.KeyVault, second.Tokens);
        Assert.Equal("a-very-secret-value", (await kept.GetSecretAsync("kept", cancellationToken: Stop)).Value.Value);
        Assert.Equal("removed", (await kept.GetDeletedSecretAsync("removed", Stop)).Value.Name);
        var tables = new TableServiceClient(second.Azurite.Accounts[0].ConnectionString);
        Assert.Single(await tables.QueryAsync(cancellationToken: Stop).ToListAsync(Stop));
    }

    [Fact]
    public async Task A_folder_of_an_earlier_build_gets_a_sign_in_password_and_keeps_it_and_all_else()
    {
        using var folder = new TemporaryFolder();
        string secret, password;
        using (var first = LocalStackState.Open(folder.Path, accounts: 1))
        {
            secret = first.AdministratorSecret;
        }

        var path = Path.Combine(folder.Path, "stack.json");
        var content = JsonNode.Parse(await File.ReadAllTextAsync(path, Stop))!.AsObject();
        Assert.True(content.Remove("SignInPassword"));
        await File.WriteAllTextAsync(path, content.ToJsonString(), Stop);

        using (var second = LocalStackState.Open(folder.Path, accounts: 1))
        {
            password = second.SignInPassword;
        }

        using var third = LocalStackState.Open(folder.Path, accounts: 1);
        Assert.Matches("^[a-z1-9]{12}$", password);
        Assert.Equal((secret, password), (third.AdministratorSecret, third.SignInPassword));
    }

    [Fact]
    public async Task Secrets_are_not_in_clear_on_disk_and_keys_are_for_the_owner_only()
    {
        using var folder = new TemporaryFolder();
        await using (var tokens = await TokenIssuer.StartAsync(new TokenIssuerOptions { DataFolder = folder.Path }, Stop))
        await using (var vault = await KeyVaultEmulator.StartAsync(new KeyVaultEmulatorOptions { DataFolder = folder.Path }, tokens, Stop))
        {
            await VaultClients.Secrets(vault, tokens).SetSecretAsync("kept", "a-very-secret-value", Stop);
        }

        var files = Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories);
        Assert.Equal(
            ["certificate.pfx", "secrets.bin", "secrets.key", "signing-key.pem"],
            files.Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        foreach (var file in files)
        {
            var content = Encoding.UTF8.GetString(await File.ReadAllBytesAsync(file, Stop));
            Assert.DoesNotContain("a-very-secret-value", content, StringComparison.Ordinal);
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            }
        }
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_read_is_made_anew()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "certificate.pfx"), "no certificate", Stop);
        await using var tokens = await TokenIssuer.StartAsync(new TokenIssuerOptions(), Stop);

        await using var vault = await KeyVaultEmulator.StartAsync(new KeyVaultEmulatorOptions { DataFolder = folder.Path }, tokens, Stop);

        await VaultClients.Secrets(vault, tokens).SetSecretAsync("a", "v", Stop);
    }

    [Theory]
    [InlineData("another key")]
    [InlineData("a changed file")]
    [InlineData("a cut file")]
    public async Task Secrets_that_cannot_be_decrypted_stop_the_start_with_one_line(string damage)
    {
        using var folder = new TemporaryFolder();
        await using var tokens = await TokenIssuer.StartAsync(new TokenIssuerOptions(), Stop);
        var options = new KeyVaultEmulatorOptions { DataFolder = folder.Path };
        await using (var vault = await KeyVaultEmulator.StartAsync(options, tokens, Stop))
        {
            await VaultClients.Secrets(vault, tokens).SetSecretAsync("kept", "v", Stop);
        }
        var path = Path.Combine(folder.Path, damage == "another key" ? "secrets.key" : "secrets.bin");
        var content = await File.ReadAllBytesAsync(path, Stop);
        content[^1] ^= 1;
        await File.WriteAllBytesAsync(path, damage == "a cut file" ? content[..10] : content, Stop);

        var error = await Assert.ThrowsAsync<LocalStackException>(() => KeyVaultEmulator.StartAsync(options, tokens, Stop));

        Assert.Equal($"The Key Vault emulator could not start: the secrets in {folder.Path} can't be decrypted with the key beside them. "
            + "Put the key file back, or delete the folder to start with no secrets.", error.Message);
    }

    [Fact]
    public async Task A_part_that_cannot_start_takes_the_others_down_again()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        using var free = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        free.Start();
        var vaultPort = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        using var folder = new TemporaryFolder();
        var options = new LocalStackOptions { DataFolder = folder.Path, KeyVaultPort = vaultPort, TablePort = port };

        var error = await Assert.ThrowsAsync<LocalStackException>(() => LocalStack.StartAsync(options, Stop));

        Assert.Equal("Azurite", error.Part);
        Assert.Contains($"port {port} is in use", error.Message, StringComparison.Ordinal);
        // The vault's port and the folder are free again, or this would fail.
        await using var stack = await LocalStack.StartAsync(options with { TablePort = null }, Stop);
        Assert.Equal(vaultPort, stack.KeyVault.Endpoint.Port);
    }

    [Fact]
    public async Task A_folder_in_use_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var hold = new FileStream(Path.Combine(folder.Path, "stack.lock"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);

        var error = await Assert.ThrowsAsync<LocalStackException>(() =>
            LocalStack.StartAsync(new LocalStackOptions { DataFolder = folder.Path }, Stop));

        Assert.StartsWith($"The local stack could not start: {folder.Path} is in use", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    private static async Task<string?> GrantAsync(string endpoint, string client, string secret, string scope)
    {
        using var http = new HttpClient();
        using var answer = await http.PostAsync(new Uri(endpoint), new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = client,
            ["client_secret"] = secret,
            ["scope"] = scope,
        }), Stop);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(Stop);
        return body.TryGetProperty("access_token", out var token) ? token.GetString() : null;
    }
}
