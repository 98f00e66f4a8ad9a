using System.Diagnostics.Metrics;
using System.Net;
using System.Security.Cryptography;
using Atp.Core.Health;
using Atp.Core.Policies;
using Atp.Core.Storage;
using Atp.Core.Telemetry;
using Atp.Functions.Tests.Devices;
using Atp.Functions.Tests.Http;
using Atp.Local.SamplePackages;
using Azure.Security.KeyVault.Secrets;
using Azure.Storage.Blobs;

namespace Atp.Functions.Tests.Agent;

/// <summary>A file or key that is not what its policy names reaches no device, and administrators see it until it is good again.</summary>
public sealed class DamagedPolicyTests(TestStack stack) : IAsyncLifetime
{
    private readonly Witness witness = new();
    private AtpHost host = null!;
    private string policyId = null!;
    private string deploymentId = null!;
    private SampleFile file = null!;
    private TestDevice up = null!;
    private TestDevice down = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string ConfigurationAddress => $"/api/agent/configuration/{deploymentId}";

    private string WorkspaceAddress => $"/api/agent/workspace/{deploymentId}";

    private BlobClient Blob => host.Blobs.GetBlobContainerClient(Containers.Onboarding).GetBlobClient(PolicyFiles.NameOf(policyId, Sha256));

    private string Sha256 => Convert.ToHexStringLower(SHA256.HashData(file.Content));

    private SecretClient Vault => host.Get<SecretClient>();

    private string SecretName => PolicyMaterial.SecretName(policyId);

    public async ValueTask InitializeAsync()
    {
        host = await AtpHost.StartAsync(stack, Fleet.Shards(2) with { Witness = witness });
        await host.ImportAsync([TestSite.Line("up-1"), TestSite.Line("down-1", build: 9600, productType: 3)]);
        file = stack.Authority.CreateOnboarding(TestSite.OrgId);
        using var form = TestSite.PolicyForm(file);
        policyId = (string)(await (await host.Admin.PostAsync("/api/policies", form)).JsonAsync(HttpStatusCode.Created))["id"]!;
        deploymentId = await host.DeployAsync(policyId, await host.CreateCollectionAsync("All", new { tag = "all" }));
        await host.ActiveAsync(deploymentId);
        (up, down) = (await host.EnrollAsync("up-1"), await host.EnrollAsync("down-1"));
        await up.CheckInAsync();
        await down.CheckInAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        witness.Dispose();
    }

    [Theory]
    [InlineData("tampered")]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_damaged_or_missing_file_is_not_delivered_until_it_is_uploaded_again(string? content)
    {
        await Blob.DeleteAsync(cancellationToken: Stop);
        if (content is not null)
        {
            await Blob.UploadAsync(BinaryData.FromString(content), Stop);
        }

        var counted = await CountedAsync(async () =>
        {
            for (var i = 0; i < 3; i++)
            {
                using var answer = await up.GetAsync(ConfigurationAddress);
                var problem = await answer.ProblemAsync(HttpStatusCode.ServiceUnavailable, "configuration.damaged");
                Assert.Contains("administrator", (string?)problem["detail"], StringComparison.Ordinal);
                Assert.DoesNotContain("tampered", problem.ToJsonString(), StringComparison.Ordinal);
            }
        });

        Assert.True(counted >= 3, $"{counted} were counted.");
        var actual = content is "tampered" ? Convert.ToHexStringLower(SHA256.HashData("tampered"u8)) : "nothing";
        var line = Assert.Single(host.Log.Lines, l => l.StartsWith("Critical", StringComparison.Ordinal));
        Assert.All(new[] { policyId, Sha256, actual }, said => Assert.Contains(said, line, StringComparison.Ordinal));
        Assert.Contains(await WarningsAsync(), w => w.StartsWith($"The configuration file of policy {policyId} is damaged", StringComparison.Ordinal));
        Assert.Equal(("service", policyId, $"expected {Sha256}, found {actual}"), Assert.Single((await host.AuditedAsync("configuration.damaged"))
            .ConvertAll(row => (row.GetString("Caller"), row.GetString("Subject"), row.GetString("Detail")))));

        await (await host.ChangeAsync(HttpMethod.Patch, $"/api/policies/{policyId}", 1,
            new { configurationFile = new { name = file.FileName, content = file.Content } })).JsonAsync();

        Assert.Equal(file.Content, await (await up.GetAsync(ConfigurationAddress)).Content.ReadAsByteArrayAsync(Stop));
        Assert.DoesNotContain(await WarningsAsync(), w => w.Contains(policyId, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whatever_is_put_in_its_place_nothing_of_it_is_delivered_however_large()
    {
        await Blob.UploadAsync(new BinaryData(new byte[3 * 1024 * 1024]), overwrite: true, Stop);

        await (await up.GetAsync(ConfigurationAddress)).ProblemAsync(HttpStatusCode.ServiceUnavailable, "configuration.damaged");
    }

    [Fact]
    public async Task Reconcile_finds_damage_before_a_device_asks_and_that_it_is_mended()
    {
        host.Clock.Advance(TimeSpan.FromHours(36) - host.Clock.GetUtcNow().TimeOfDay); // to noon, so that all of it is on one day
        await Blob.UploadAsync(BinaryData.FromString("tampered"), overwrite: true, Stop);
        await Reconcile();
        Assert.Contains(await WarningsAsync(), w => w.Contains(policyId, StringComparison.Ordinal));

        host.Clock.Advance(TimeSpan.FromMinutes(10));
        await Reconcile();
        Assert.Contains(await WarningsAsync(), w => w.Contains(policyId, StringComparison.Ordinal));
        Assert.Single(await host.AuditedAsync("configuration.damaged"));

        await Blob.UploadAsync(new BinaryData(file.Content), overwrite: true, Stop); // from the operator's backup
        await Reconcile();
        Assert.DoesNotContain(await WarningsAsync(), w => w.Contains(policyId, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_day_of_damage_is_in_the_audit_once_and_the_alarm_of_a_deleted_policy_goes_with_it()
    {
        await Blob.UploadAsync(BinaryData.FromString("tampered"), overwrite: true, Stop);
        await up.GetAsync(ConfigurationAddress);
        host.Clock.Advance(TimeSpan.FromDays(1));
        await up.GetAsync(ConfigurationAddress);
        await Reconcile();
        Assert.Equal(2, (await host.AuditedAsync("configuration.damaged")).Count);

        await (await host.ChangeAsync(HttpMethod.Post, $"/api/deployments/{deploymentId}/end", 1, new { reason = "Damaged." })).JsonAsync();
        Assert.Equal(HttpStatusCode.NoContent, (await host.ChangeAsync(HttpMethod.Delete, $"/api/policies/{policyId}", 1)).StatusCode);

        Assert.DoesNotContain(await WarningsAsync(), w => w.Contains(policyId, StringComparison.Ordinal));
        // As it was, damage and all.
        await (await host.ChangeAsync(HttpMethod.Post, $"/api/policies/{policyId}/recover", 1)).JsonAsync();
        Assert.Contains(await WarningsAsync(), w => w.Contains(policyId, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_key_that_the_vault_has_lost_raises_an_alarm_until_it_is_recovered_or_set_again(bool recovered)
    {
        await (await Vault.StartDeleteSecretAsync(SecretName, Stop)).WaitForCompletionAsync(Stop);

        await (await down.GetAsync(WorkspaceAddress)).ProblemAsync(HttpStatusCode.ServiceUnavailable, "workspace.key-lost");
        Assert.Contains(await WarningsAsync(), w => w.StartsWith($"Key Vault has lost the Workspace key of policy {policyId}", StringComparison.Ordinal));
        Assert.Single(await host.AuditedAsync("workspace.key-lost"));
        await (await host.ChangeAsync(HttpMethod.Patch, $"/api/policies/{policyId}", 1, new { workspaceId = Guid.NewGuid() }))
            .ProblemAsync(HttpStatusCode.ServiceUnavailable, "workspace.key-lost"); // needs the key that is stored

        if (recovered)
        {
            await (await Vault.StartRecoverDeletedSecretAsync(SecretName, Stop)).WaitForCompletionAsync(Stop);
            await Reconcile();
        }
        else
        {
            await (await host.ChangeAsync(HttpMethod.Patch, $"/api/policies/{policyId}", 1, new { workspaceKey = TestSite.WorkspaceKey })).JsonAsync();
        }

        Assert.Equal(TestSite.WorkspaceKey, (string?)(await (await down.GetAsync(WorkspaceAddress)).JsonAsync())["workspaceKey"]);
        Assert.DoesNotContain(await WarningsAsync(), w => w.Contains(policyId, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Devices_that_ask_at_the_same_time_cost_one_download()
    {
        using var client = up.Client();

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => client.GetAsync(ConfigurationAddress, Stop)));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Single(witness.StorageRequests, request => request.StartsWith("GET ", StringComparison.Ordinal) && request.Contains(Sha256, StringComparison.Ordinal));
    }

    private Task Reconcile() => host.Get<ReconcileService>().RunAsync(Stop);

    private async Task<List<string>> WarningsAsync() => [.. (await host.GetJsonAsync("/api/site"))["warnings"]!.AsArray().Select(w => (string)w!)];

    /// <summary>What was counted meanwhile; other tests run beside it.</summary>
    private static async Task<long> CountedAsync(Func<Task> run)
    {
        long counted = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument is { Meter.Name: AtpMetrics.MeterName, Name: "atp.policies.damaged" })
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) => Interlocked.Add(ref counted, count));
        listener.Start();
        await run();
        return counted;
    }
}
