using System.Net;
using System.Text.RegularExpressions;
using Atp.Core.Health;
using Atp.Core.Storage;
using Atp.Functions.Tests.Audit;
using Atp.Functions.Tests.Cli;
using Atp.Functions.Tests.Http;
using Atp.Local;
using Azure.Data.Tables;
using Azure.Storage.Blobs;

namespace Atp.Functions.Tests.Site;

/// <summary>The drill of docs/operations.md: the facts into an empty account, the secrets into another vault, and the fleet goes on.</summary>
public sealed partial class RestoreTests(TestStack stack)
{
    /// <summary>The rest is made anew.</summary>
    private static readonly string[] Facts =
    [
        TableNames.Site, TableNames.Fleet, TableNames.Policies, TableNames.PolicyRevisions, TableNames.Collections, TableNames.Deployments,
        TableNames.Audit, TableNames.HealthHistory,
    ];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task With_facts_files_and_secrets_alone_the_fleet_goes_on_in_an_empty_account()
    {
        using var folder = new TemporaryFolder();
        var (vault, kept, anchors) = (Path.Combine(folder.Path, "vault"), Path.Combine(folder.Path, "kept"), Path.Combine(folder.Path, "anchors.json"));
        var account = stack.NextAccount();
        var lost = await WorkThenBackUpAsync(vault, account, anchors);
        CopyFolder(vault, kept);
        await using var restoredVault = await VaultAsync(kept);
        await using var host = await AtpHost.StartAsync(stack, Options(restoredVault) with { Account = account, Clock = lost.Clock, Port = lost.Port });
        host.Clock.Advance(TimeSpan.FromMinutes(11)); // what Reconcile takes for unfinished is older than ten

        // Devices come with the keys that they have, and get what they got.
        var instructions = (await DeviceOf(host, lost.UpLevel).CheckInAsync())["instructions"]!;
        Assert.Equal((lost.Deployment, 1), ((string)instructions["deploymentId"]!, (int)instructions["revision"]!));
        (await DeviceOf(host, lost.UpLevel).GetAsync((string)instructions["configuration"]!["url"]!)).EnsureSuccessStatusCode();
        var workspace = await (await DeviceOf(host, lost.DownLevel).GetAsync($"/api/agent/workspace/{lost.Deployment}")).JsonAsync();
        Assert.Equal(TestSite.WorkspaceKey, (string)workspace["workspaceKey"]!);

        // What is derived comes back: progress with Reconcile, figures with a roll-up.
        Assert.Equal("Placing", (string)(await host.GetJsonAsync($"/api/deployments/{lost.Deployment}"))["state"]!);
        await host.Get<ReconcileService>().RunAsync(Stop);
        await host.EvaluatedAsync(lost.Collection);
        Assert.Equal(lost.Progress, (await host.ActiveAsync(lost.Deployment))["progress"]!.ToJsonString());
        Assert.Equal(lost.Figures, Figures((await host.RollUpAsync()).ToJsonString()));
        Assert.Equal(0, (await host.AtpAsync("audit", "verify", "--anchors", anchors)).ExitCode);

        // What was done after the back-up is to be done again.
        await (await DeviceOf(host, lost.Late).GetAsync($"/api/agent/configuration/{lost.Deployment}"))
            .ProblemAsync(HttpStatusCode.Unauthorized, "device.not-enrolled");
        Assert.Equal(lost.Deployment, (string)(await (await host.EnrollAsync(lost.Late.Id)).CheckInAsync())["instructions"]!["deploymentId"]!);
    }

    /// <summary>A site at work, of which the facts and files are in another account when it is gone.</summary>
    private async Task<Lost> WorkThenBackUpAsync(string vaultFolder, StorageAccount backUp, string anchors)
    {
        await using var vault = await VaultAsync(vaultFolder);
        await using var host = await AtpHost.StartAsync(stack, Options(vault));
        await host.ImportAsync([TestSite.Line("pc-1"), TestSite.Line("pc-2"), TestSite.Line("old-1", build: 14393, productType: 3)]);
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });
        var deployment = await host.DeployAsync((string)(await host.CreatePolicyAsync())["id"]!, collection);
        var progress = (await host.ActiveAsync(deployment))["progress"]!.ToJsonString();
        var (upLevel, downLevel) = (await host.EnrollAsync("pc-1"), await host.EnrollAsync("old-1"));
        await upLevel.ObeyAsync();
        await downLevel.ObeyAsync();
        await upLevel.IngestedAsync();
        var figures = Figures((await host.RollUpAsync()).ToJsonString());
        Assert.Equal(0, (await host.AtpAsync("audit", "verify", "--anchors", anchors)).ExitCode);

        var tables = new TableServiceClient(backUp.ConnectionString);
        foreach (var name in Facts)
        {
            await CopyAsync(host.Table(name), tables.GetTableClient(name));
        }

        await CopyFilesAsync(host.Blobs.GetBlobContainerClient(Containers.Onboarding), new BlobContainerClient(backUp.ConnectionString, Containers.Onboarding));
        return new Lost(
            deployment, collection, progress, figures, upLevel, downLevel, Late: await host.EnrollAsync("pc-2"), host.Clock, host.BaseAddress.Port);
    }

    private static TestDevice DeviceOf(AtpHost host, TestDevice device) => new(host, device.Id, device.Key, device.KeyVersion);

    private static AtpHostOptions Options(KeyVaultEmulator vault) => new()
    {
        Settings =
        {
            ["Atp:Site:ShardCount"] = "2",
            ["Atp:KeyVault:Endpoint"] = vault.Endpoint.AbsoluteUri,
            ["Atp:LocalTrust:KeyVaultCertificateSha256"] = vault.CertificateSha256,
        },
    };

    private Task<KeyVaultEmulator> VaultAsync(string folder) =>
        KeyVaultEmulator.StartAsync(new KeyVaultEmulatorOptions { DataFolder = folder }, stack.Stack.Tokens, Stop);

    private static async Task CopyAsync(TableClient from, TableClient to)
    {
        await to.CreateIfNotExistsAsync(Stop);
        var rows = await from.QueryAsync<TableEntity>(cancellationToken: Stop).ToListAsync(Stop);
        foreach (var partition in rows.GroupBy(row => row.PartitionKey))
        {
            await TableBatch.SubmitAllAsync(to, partition.Select(row => new TableTransactionAction(TableTransactionActionType.UpsertReplace, row)), Stop);
        }
    }

    private static async Task CopyFilesAsync(BlobContainerClient from, BlobContainerClient to)
    {
        await to.CreateIfNotExistsAsync(cancellationToken: Stop);
        await foreach (var blob in from.GetBlobsAsync(cancellationToken: Stop))
        {
            await to.UploadBlobAsync(blob.Name, (await from.GetBlobClient(blob.Name).DownloadContentAsync(Stop)).Value.Content, Stop);
        }
    }

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    private static string Figures(string summary) => AsOf().Replace(summary, "");

    /// <param name="Deployment">Its id, as the collection's.</param>
    /// <param name="Late">Enrolled after the back-up.</param>
    private sealed record Lost(
        string Deployment, string Collection, string Progress, string Figures, TestDevice UpLevel, TestDevice DownLevel, TestDevice Late, TestClock Clock, int Port);

    [GeneratedRegex("\"asOf\":\"[^\"]*\"")]
    private static partial Regex AsOf();
}
