using System.Security.Cryptography;
using Atp.Core.Storage;
using Atp.Local;
using Azure.Data.Tables;
using Azure.Security.KeyVault.Secrets;

namespace Atp.Functions.Tests.Policies;

/// <summary>A site with a vault of its own, so that everything that it stores can be listed.</summary>
public sealed class PolicySite(TestStack stack) : IAsyncLifetime
{
    private KeyVaultEmulator vault = null!;

    public AtpHost Host { get; private set; } = null!;

    public SecretClient Secrets => Host.Get<SecretClient>();

    public async ValueTask InitializeAsync() => await StartAsync([]);

    /// <summary>Starts anew, empty, with other settings.</summary>
    public async Task<PolicySite> StartAsync(Dictionary<string, string?> settings)
    {
        vault = await KeyVaultEmulator.StartAsync(new KeyVaultEmulatorOptions(), stack.Stack.Tokens, CancellationToken.None);
        Host = await AtpHost.StartAsync(stack, new AtpHostOptions
        {
            Settings = new(settings)
            {
                ["Atp:KeyVault:Endpoint"] = vault.Endpoint.AbsoluteUri,
                ["Atp:LocalTrust:KeyVaultCertificateSha256"] = vault.CertificateSha256,
            },
        });
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await vault.DisposeAsync();
    }

    /// <summary>Every row, blob and secret, with what they hold.</summary>
    public async Task<List<string>> ContentAsync()
    {
        var all = new List<string>();
        await foreach (var table in Host.Tables.QueryAsync())
        {
            await foreach (var row in Host.Table(table.Name).QueryAsync<TableEntity>())
            {
                all.Add($"{table.Name}: {row.PartitionKey} {row.RowKey} {row.ETag}");
            }
        }

        await foreach (var blob in Host.Blobs.GetBlobContainerClient(Containers.Onboarding).GetBlobsAsync())
        {
            all.Add($"blob: {blob.Name} {blob.Properties.ETag}");
        }

        await foreach (var secret in Secrets.GetPropertiesOfSecretsAsync())
        {
            await foreach (var version in Secrets.GetPropertiesOfSecretVersionsAsync(secret.Name))
            {
                all.Add($"secret: {version.Name} {version.Version}");
            }
        }

        return all;
    }

    /// <summary>Names of blobs, secrets, policies and revisions: what a policy consists of.</summary>
    public async Task<List<string>> PartsAsync() =>
        [.. (await ContentAsync()).Where(c => !c.StartsWith("site:", StringComparison.Ordinal) && !c.StartsWith("audit:", StringComparison.Ordinal)
            && !c.StartsWith("secret: enrollment", StringComparison.Ordinal))];

    public static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));
}
