using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Atp.Core.Health;
using Atp.Core.Policies;
using Atp.Core.Requests;
using Atp.Core.Storage;
using Atp.Functions.Tests.Devices;
using Atp.Functions.Tests.Http;
using Azure;

namespace Atp.Functions.Tests.Policies;

/// <summary>A deleted policy is gone for its users at once, comes back as it was, and is gone for good after some days.</summary>
public sealed class RecoverTests(TestStack stack) : IAsyncLifetime
{
    private readonly PolicySite site = new(stack);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static ChangeRequest Request => new(new Caller("anna", "Anna"), null, "body");

    public ValueTask InitializeAsync() => site.InitializeAsync();

    public ValueTask DisposeAsync() => site.DisposeAsync();

    [Fact]
    public async Task A_deleted_policy_is_in_no_list_and_comes_back_as_it_was_at_the_end_of_the_order()
    {
        var first = await site.Host.CreatePolicyAsync("First");
        await site.Host.CreatePolicyAsync("Second");
        var id = (string)first["id"]!;
        var key = PolicySite.NewKey();
        var edited = await (await site.Host.ChangeAsync(HttpMethod.Patch, $"/api/policies/{id}", 1, new { description = "Edited", workspaceKey = key })).JsonAsync();
        var parts = await site.PartsAsync();

        Assert.Equal(HttpStatusCode.NoContent, (await DeleteAsync(id, 2)).StatusCode);

        Assert.Equal(["Second"], await NamesAsync("/api/policies"));
        foreach (var address in new[] { $"/api/policies/{id}", $"/api/policies/{id}/revisions", $"/api/policies/{id}/revisions/1" })
        {
            await (await site.Host.Admin.GetAsync(address, Stop)).ProblemAsync(HttpStatusCode.NotFound, "policy.not-found");
        }

        await (await DeleteAsync(id, 2)).ProblemAsync(HttpStatusCode.NotFound, "policy.not-found");
        Assert.DoesNotContain(await site.PartsAsync(), part => part.StartsWith($"secret: policy-{id}", StringComparison.Ordinal));
        var deletedAt = site.Host.Clock.GetUtcNow();
        var deleted = Assert.Single((await site.Host.GetJsonAsync("/api/policies?deleted=true"))["value"]!.AsArray())!;
        Assert.Equal((id, 2, "Test Admin", deletedAt, deletedAt.AddDays(7)), ((string?)deleted["id"], (int)deleted["revision"]!,
            (string?)deleted["deletedBy"], (DateTimeOffset)deleted["deletedAt"]!, (DateTimeOffset)deleted["recoverableUntil"]!));
        site.Host.Clock.Advance(TimeSpan.FromDays(6.9));
        await site.Host.Get<ReconcileService>().RunAsync(Stop);

        using var answer = await RecoverAsync(id, 2);
        var recovered = await answer.JsonAsync();

        Assert.Equal("\"2\"", answer.Headers.ETag!.Tag);
        edited["order"] = 3;
        Assert.Equal(edited.ToJsonString(), recovered.ToJsonString());
        Assert.Equal(recovered.ToJsonString(), (await site.Host.GetJsonAsync($"/api/policies/{id}")).ToJsonString());
        Assert.Equal(["Second", "First"], await NamesAsync("/api/policies"));
        Assert.Empty(await NamesAsync("/api/policies?deleted=true"));
        Assert.Equal(2, (await site.Host.GetJsonAsync($"/api/policies/{id}/revisions"))["value"]!.AsArray().Count);
        Assert.Equal(parts.Where(p => !p.StartsWith("policies:", StringComparison.Ordinal)), (await site.PartsAsync()).Where(p => !p.StartsWith("policies:", StringComparison.Ordinal)));
        Assert.Equal(["policy.delete", "policy.recover"],
            (await site.Host.AuditedAsync("policy.delete")).Concat(await site.Host.AuditedAsync("policy.recover")).Select(row => row.GetString("Action")));

        // And it serves devices as before.
        await site.Host.ImportAsync([TestSite.Line("up-1"), TestSite.Line("down-1", build: 9600, productType: 3)]);
        var deploymentId = await site.Host.DeployAsync(id, await site.Host.CreateCollectionAsync("All", new { tag = "all" }));
        await site.Host.ActiveAsync(deploymentId);
        var (up, down) = (await site.Host.EnrollAsync("up-1"), await site.Host.EnrollAsync("down-1"));
        await up.CheckInAsync();
        await down.CheckInAsync();
        Assert.Equal(HttpStatusCode.OK, (await up.GetAsync($"/api/agent/configuration/{deploymentId}")).StatusCode);
        Assert.Equal(key, (string?)(await (await down.GetAsync($"/api/agent/workspace/{deploymentId}")).JsonAsync())["workspaceKey"]);
    }

    [Fact]
    public async Task It_is_recovered_from_the_revision_that_was_looked_at_and_recovering_twice_is_harmless()
    {
        var id = (string)(await site.Host.CreatePolicyAsync())["id"]!;
        await DeleteAsync(id, 1);

        await (await RecoverAsync(id, null)).ProblemAsync(HttpStatusCode.PreconditionRequired, "request.if-match-missing");
        await (await RecoverAsync(id, 2)).ProblemAsync(HttpStatusCode.PreconditionFailed, "policy.changed");
        await (await RecoverAsync(Guid.NewGuid().ToString(), 1)).ProblemAsync(HttpStatusCode.NotFound, "policy.not-found");
        var first = await (await RecoverAsync(id, 1)).JsonAsync();
        var second = await (await RecoverAsync(id, 1)).JsonAsync();

        Assert.Equal(first.ToJsonString(), second.ToJsonString());
        using var reader = site.Host.Client("Policies.Read");
        Assert.Equal(HttpStatusCode.Forbidden, (await reader.PostAsync($"/api/policies/{id}/recover", null, Stop)).StatusCode);
    }

    [Fact]
    public async Task After_its_days_it_can_not_be_recovered_and_Reconcile_removes_all_of_it()
    {
        await using var brief = await new PolicySite(stack).StartAsync(new() { ["Atp:Site:KeepDeletedDays"] = "2" });
        var id = (string)(await brief.Host.CreatePolicyAsync())["id"]!;
        Assert.Equal(HttpStatusCode.NoContent, (await brief.Host.ChangeAsync(HttpMethod.Delete, $"/api/policies/{id}", 1)).StatusCode);
        brief.Host.Clock.Advance(TimeSpan.FromDays(2));

        Assert.Empty((await brief.Host.GetJsonAsync("/api/policies?deleted=true"))["value"]!.AsArray());
        await (await brief.Host.ChangeAsync(HttpMethod.Post, $"/api/policies/{id}/recover", 1)).ProblemAsync(HttpStatusCode.NotFound, "policy.not-found");
        await brief.Host.Get<ReconcileService>().RunAsync(Stop);

        Assert.Empty(await brief.PartsAsync());
        // The vault keeps the key for as long as its own retention says.
        Assert.NotNull((await brief.Secrets.GetDeletedSecretAsync(PolicyMaterial.SecretName(id), Stop)).Value.RecoveryId);
    }

    [Fact]
    public async Task The_request_that_created_it_gets_its_first_answer_while_it_is_kept_and_creates_it_anew_once_it_is_gone()
    {
        site.Host.Admin.DefaultRequestHeaders.Add("Repeatability-Request-ID", Guid.NewGuid().ToString());
        var file = stack.Authority.CreateOnboarding(TestSite.OrgId);
        async Task<JsonObject> CreateAsync()
        {
            using var form = TestSite.PolicyForm(file);
            return await (await site.Host.Admin.PostAsync("/api/policies", form, Stop)).JsonAsync(HttpStatusCode.Created);
        }

        var first = await CreateAsync();
        var id = (string)first["id"]!;
        await DeleteAsync(id, 1);

        Assert.Equal(first.ToJsonString(), (await CreateAsync()).ToJsonString());
        Assert.Empty(await NamesAsync("/api/policies"));
        site.Host.Clock.Advance(TimeSpan.FromDays(8));
        await site.Host.Get<ReconcileService>().RunAsync(Stop);
        Assert.Equal(id, (string?)(await CreateAsync())["id"]);
        Assert.Equal(["Onboard"], await NamesAsync("/api/policies"));
        Assert.Equal(TestSite.WorkspaceKey, await KeyAsync(id));
    }

    [Fact]
    public async Task Wherever_a_recovery_dies_a_repeat_finishes_it()
    {
        var (service, removal) = (site.Host.Get<PolicyService>(), site.Host.Get<PolicyRemoval>());
        var id = (string)(await site.Host.CreatePolicyAsync())["id"]!;
        var crashes = 0;
        while (true)
        {
            await removal.DeleteAsync(id, 1, Request, Stop);
            if (!await site.Host.Tap.CrashAfterAsync(crashes, () => removal.RecoverAsync(id, 1, Request, Stop)))
            {
                break;
            }

            await removal.RecoverAsync(id, 1, Request, Stop);
            Assert.Equal((id, TestSite.WorkspaceKey), (Assert.Single(await service.ListAsync(Stop)).Id, await KeyAsync(id)));
            crashes++;
        }

        Assert.InRange(crashes, 4, 30);
        Assert.Equal(TestSite.WorkspaceKey, await KeyAsync(id));
    }

    [Fact]
    public async Task Wherever_the_removal_dies_nobody_recovers_what_is_half_gone_and_the_next_one_finishes_it()
    {
        var (service, removal) = (site.Host.Get<PolicyService>(), site.Host.Get<PolicyRemoval>());
        var crashes = 0;
        while (true)
        {
            var id = (string)(await site.Host.CreatePolicyAsync())["id"]!;
            await removal.DeleteAsync(id, 1, Request, Stop);
            site.Host.Clock.Advance(TimeSpan.FromDays(7));
            var died = await site.Host.Tap.CrashAfterAsync(crashes, () => removal.DeleteOrphansAsync(site.Host.Clock.GetUtcNow().AddDays(-1), Stop));
            await Assert.ThrowsAsync<Core.Errors.DomainException>(() => removal.RecoverAsync(id, 1, Request, Stop));
            await removal.DeleteOrphansAsync(site.Host.Clock.GetUtcNow().AddDays(-1), Stop);
            await removal.DeleteOrphansAsync(site.Host.Clock.GetUtcNow().AddDays(-1), Stop);
            Assert.Empty(await site.PartsAsync());
            if (!died)
            {
                break;
            }

            crashes++;
        }

        Assert.True(crashes >= 5, $"It died {crashes} times only.");
    }

    [Fact]
    public async Task Whoever_recovers_while_it_is_being_deleted_a_policy_in_use_has_its_key()
    {
        var (service, removal) = (site.Host.Get<PolicyService>(), site.Host.Get<PolicyRemoval>());
        var id = (string)(await site.Host.CreatePolicyAsync())["id"]!;
        var before = site.Host.Transactions;
        await removal.DeleteAsync(id, 1, Request, Stop);
        var requests = site.Host.Transactions - before;
        await removal.RecoverAsync(id, 1, Request, Stop);
        var recovered = 0;
        for (var at = 0; at < requests; at++)
        {
            await site.Host.Tap.InBetweenAsync(at, () => removal.RecoverAsync(id, 1, Request, Stop), () => removal.DeleteAsync(id, 1, Request, Stop));
            if ((await service.ListAsync(Stop)).Count == 1)
            {
                recovered++;
                Assert.Equal(TestSite.WorkspaceKey, await KeyAsync(id));
            }
            else
            {
                Assert.Equal(404, (await Assert.ThrowsAsync<RequestFailedException>(() => KeyAsync(id))).Status);
                await removal.RecoverAsync(id, 1, Request, Stop);
            }
        }

        Assert.InRange(recovered, 1, requests - 1);
    }

    [Fact]
    public async Task Deployments_of_a_deleted_policy_are_refused()
    {
        var id = (string)(await site.Host.CreatePolicyAsync())["id"]!;
        var collection = await site.Host.CreateCollectionAsync("All", new { tag = "all" });
        await DeleteAsync(id, 1);

        using var answer = await site.Host.Admin.PostAsJsonAsync("/api/deployments", new { policyId = id, collectionIds = new[] { collection } }, Stop);

        Assert.False(answer.IsSuccessStatusCode);
        await (await site.Host.ChangeAsync(HttpMethod.Patch, $"/api/policies/{id}", 1, new { description = "x" })).ProblemAsync(HttpStatusCode.NotFound, "policy.not-found");
        await (await site.Host.ChangeAsync(HttpMethod.Post, $"/api/policies/{id}/order", 1, new { move = "Increase" })).ProblemAsync(HttpStatusCode.NotFound, "policy.not-found");
    }

    private Task<HttpResponseMessage> DeleteAsync(string id, int revision) => site.Host.ChangeAsync(HttpMethod.Delete, $"/api/policies/{id}", revision);

    private Task<HttpResponseMessage> RecoverAsync(string id, int? revision) => site.Host.ChangeAsync(HttpMethod.Post, $"/api/policies/{id}/recover", revision);

    private async Task<List<string>> NamesAsync(string address) => [.. (await site.Host.ListAsync(address)).Select(p => (string)p["name"]!)];

    private async Task<string> KeyAsync(string id) =>
        (await site.Secrets.GetSecretAsync(PolicyMaterial.SecretName(id), cancellationToken: Stop)).Value.Value;
}
