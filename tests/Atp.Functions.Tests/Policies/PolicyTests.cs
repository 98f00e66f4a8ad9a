using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Atp.Core.Health;
using Atp.Core.Policies;
using Atp.Core.Requests;
using Atp.Core.Storage;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Policies;

/// <summary>The life of a policy, as an administrator sees it over HTTP.</summary>
public sealed class PolicyTests(TestStack stack)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_policy_is_created_from_the_package_or_from_the_file_in_it(bool zipped)
    {
        await using var site = await StartAsync();
        var file = stack.Authority.CreateOnboarding(TestSite.OrgId, version: "1.23");
        using var form = TestSite.PolicyForm(zipped ? file.ToZip() : file, "Workstations");

        using var answer = await site.Host.Admin.PostAsync("/api/policies", form, Stop);

        var policy = await answer.JsonAsync(HttpStatusCode.Created);
        Assert.Equal($"/api/policies/{policy["id"]}", answer.Headers.Location!.ToString());
        Assert.Equal("\"1\"", answer.Headers.ETag!.Tag);
        Assert.Equal(("Workstations", "Onboarding", 1, 1), ((string?)policy["name"], (string?)policy["kind"], (int?)policy["order"], (int?)policy["revision"]));
        var facts = policy["configurationFile"]!;
        Assert.Equal((file.FileName, TestSite.OrgId.ToString(), "1.23", (long)file.Content.Length),
            ((string?)facts["fileName"], (string?)facts["orgId"], (string?)facts["version"], (long?)facts["length"]));
        Assert.Equal((TestSite.WorkspaceId, true), ((string?)policy["workspace"]!["id"], (bool?)policy["workspace"]!["keySet"]));
        Assert.Equal(policy.ToJsonString(), (await site.Host.GetJsonAsync($"/api/policies/{policy["id"]}")).ToJsonString());

        // Where they are meant to be, and byte for byte.
        var blob = site.Host.Blobs.GetBlobContainerClient(Containers.Onboarding).GetBlobClient($"policies/{policy["id"]}/{facts["sha256"]}");
        Assert.Equal(file.Content, (await blob.DownloadContentAsync(Stop)).Value.Content.ToArray());
        Assert.Equal(TestSite.WorkspaceKey, (await site.Secrets.GetSecretAsync($"policy-{policy["id"]}-workspace-key", cancellationToken: Stop)).Value.Value);
    }

    [Fact]
    public async Task An_offboarding_policy_tells_how_long_its_file_lasts()
    {
        await using var site = await StartAsync();
        var expires = site.Host.Clock.GetUtcNow().AddDays(20).AddHours(5);

        var policy = await site.Host.CreateOffboardingPolicyAsync(expires);

        Assert.Equal(20, (int?)policy["daysLeft"]);
        Assert.Equal(expires, (DateTimeOffset?)policy["configurationFile"]!["expiresAt"]);
        site.Host.Clock.Advance(TimeSpan.FromDays(30));
        Assert.Equal(0, (int?)(await site.Host.GetJsonAsync($"/api/policies/{policy["id"]}"))["daysLeft"]);
    }

    [Fact]
    public async Task From_2010_an_edit_keeps_what_is_not_sent_and_each_revision_stays_as_it_was()
    {
        await using var site = await StartAsync();
        var policy = await site.Host.CreatePolicyAsync();
        var newKey = PolicySite.NewKey();

        var second = await EditAsync(site, policy, 1, new { description = "All of them", fileSamples = "None" });
        var third = await EditAsync(site, policy, 2, new { workspaceKey = newKey });
        var fourth = await EditAsync(site, policy, 3, new { removeWorkspace = true, name = "Only new ones" });

        Assert.Equal(("Onboard", "All of them", "None", 2), ((string?)second["name"], (string?)second["description"], (string?)second["fileSamples"], (int?)second["revision"]));
        Assert.Equal(policy["configurationFile"]!.ToJsonString(), third["configurationFile"]!.ToJsonString());
        Assert.Equal(TestSite.WorkspaceId, (string?)third["workspace"]!["id"]);
        Assert.Equal(newKey, (await site.Secrets.GetSecretAsync($"policy-{policy["id"]}-workspace-key", cancellationToken: Stop)).Value.Value);
        Assert.Null(fourth["workspace"]);
        var revisions = (await site.Host.GetJsonAsync($"/api/policies/{policy["id"]}/revisions"))["value"]!.AsArray();
        Assert.Equal(["Onboard", "Onboard", "Onboard", "Only new ones"], revisions.OrderBy(r => (int)r!["revision"]!).Select(r => (string?)r!["name"]));
        Assert.Equal("", (string?)(await site.Host.GetJsonAsync($"/api/policies/{policy["id"]}/revisions/1"))["description"]);
        await (await site.Host.Admin.GetAsync($"/api/policies/{policy["id"]}/revisions/5", Stop)).ProblemAsync(HttpStatusCode.NotFound, "policy.revision-not-found");
    }

    [Fact]
    public async Task Up_to_2006_an_edit_of_ID_or_key_must_bring_all_three()
    {
        await using var site = await StartAsync(new() { ["Atp:Site:ConfigurationManagerVersion"] = "2006" });
        var policy = await site.Host.CreatePolicyAsync();
        var file = stack.Authority.CreateOnboarding(TestSite.OrgId);
        var before = await site.ContentAsync();

        using var refused = await SendEditAsync(site, policy, 1, new { workspaceKey = PolicySite.NewKey() });
        var problem = await refused.ProblemAsync(HttpStatusCode.BadRequest, "policy.all-three-needed", "configurationFile");
        Assert.True(problem["errors"]!.AsObject().ContainsKey("workspaceId"));
        using var refusedFile = await SendEditAsync(site, policy, 1, new { configurationFile = new { name = file.FileName, content = file.Content } });
        await refusedFile.ProblemAsync(HttpStatusCode.BadRequest, "policy.all-three-needed", "workspaceKey");
        Assert.Equal(before, await site.ContentAsync());

        await EditAsync(site, policy, 1, new { description = "no secret is touched" });
        var edited = await EditAsync(site, policy, 2, new
        {
            configurationFile = new { name = file.FileName, content = file.Content },
            workspaceId = TestSite.WorkspaceId,
            workspaceKey = PolicySite.NewKey(),
        });
        Assert.NotEqual((string?)policy["configurationFile"]!["sha256"], (string?)edited["configurationFile"]!["sha256"]);
    }

    [Fact]
    public async Task Policies_are_listed_in_their_order_which_an_edit_may_change()
    {
        await using var site = await StartAsync();
        var first = await site.Host.CreatePolicyAsync("A");
        await site.Host.CreatePolicyAsync("B");
        await site.Host.CreatePolicyAsync("C");
        await EditAsync(site, first, 1, new { order = 9 });

        var listed = (await site.Host.GetJsonAsync("/api/policies"))["value"]!.AsArray();

        Assert.Equal(["B", "C", "A"], listed.Select(p => (string?)p!["name"]));
    }

    [Fact]
    public async Task A_policy_that_is_deployed_can_not_be_deleted_until_the_deployment_ends()
    {
        await using var site = await StartAsync();
        var policy = await site.Host.CreatePolicyAsync();
        var deploymentId = await site.Host.DeployAsync((string)policy["id"]!, await site.Host.CreateCollectionAsync("All", new { tag = "all" }));

        var problem = await (await DeleteAsync(site, policy, 1)).ProblemAsync(HttpStatusCode.Conflict, "policy.deployed");

        Assert.Contains(deploymentId, (string?)problem["detail"], StringComparison.Ordinal);
        using var end = new HttpRequestMessage(HttpMethod.Post, $"/api/deployments/{deploymentId}/end") { Content = JsonContent.Create(new { reason = "Over." }) };
        end.Headers.IfMatch.Add(new EntityTagHeaderValue("\"1\""));
        await (await site.Host.Admin.SendAsync(end, Stop)).JsonAsync();
        Assert.Equal(HttpStatusCode.NoContent, (await DeleteAsync(site, policy, 1)).StatusCode);
    }

    [Fact]
    public async Task Wherever_a_create_dies_no_half_policy_shows_a_repeat_finishes_it_and_else_Reconcile_cleans_up()
    {
        await using var site = await StartAsync();
        var service = site.Host.Get<PolicyService>();
        var file = stack.Authority.CreateOnboarding(TestSite.OrgId);
        var command = new CreatePolicy
        {
            Name = "N",
            Kind = PolicyKind.Onboarding,
            ConfigurationFile = new UploadedFile(file.FileName, file.Content),
            WorkspaceId = TestSite.WorkspaceId,
            WorkspaceKey = TestSite.WorkspaceKey,
        };
        var request = new ChangeRequest(new Caller("anna", "Anna"), Guid.NewGuid().ToString(), "body");
        var crashes = 0;
        for (; await site.Host.Tap.CrashAfterAsync(crashes, () => service.CreateAsync(command, request, Stop)); crashes++)
        {
            var listed = await service.ListAsync(Stop);
            Assert.All(listed, p => Assert.Equal(("N", 1), (p.Current.Name, p.Current.Revision)));
        }

        Assert.InRange(crashes, 4, 7);
        Assert.Equal("N", Assert.Single(await service.ListAsync(Stop)).Current.Name);
        var whole = await site.PartsAsync();

        // Others die for good: before the commit point everything of them is an orphan, once it is a day old.
        for (var requests = 0; requests <= crashes; requests++)
        {
            var other = request with { RepeatabilityId = Guid.NewGuid().ToString() };
            await site.Host.Tap.CrashAfterAsync(requests, () => service.CreateAsync(command, other, Stop));
        }

        var kept = (await service.ListAsync(Stop)).Select(p => p.Id).ToList();
        await site.Host.Get<ReconcileService>().RunAsync(Stop);
        site.Host.Clock.Advance(TimeSpan.FromDays(2));
        await site.Host.Get<ReconcileService>().RunAsync(Stop);
        var left = await site.PartsAsync();
        Assert.All(left, part => Assert.Contains(kept, id => part.Contains(id, StringComparison.Ordinal)));
        Assert.All(whole, part => Assert.Contains(part, left));
    }

    [Fact]
    public async Task Wherever_a_delete_dies_the_policy_is_gone_for_its_users_and_Reconcile_finishes_it()
    {
        await using var site = await StartAsync();
        var (service, removal) = (site.Host.Get<PolicyService>(), site.Host.Get<PolicyRemoval>());
        var request = new ChangeRequest(new Caller("anna", "Anna"), null, "body");
        var crashes = 0;
        while (true)
        {
            var id = (string)(await site.Host.CreatePolicyAsync())["id"]!;
            var died = await site.Host.Tap.CrashAfterAsync(crashes, () => removal.DeleteAsync(id, 1, request, Stop));
            var visible = (await service.ListAsync(Stop)).Any(p => p.Id == id);
            if (visible)
            {
                Assert.True(died);
                await removal.DeleteAsync(id, 1, request, Stop);
            }

            site.Host.Clock.Advance(TimeSpan.FromDays(1.1));
            await site.Host.Get<ReconcileService>().RunAsync(Stop);
            Assert.DoesNotContain(await site.PartsAsync(), part => part.StartsWith("secret: ", StringComparison.Ordinal));
            site.Host.Clock.Advance(TimeSpan.FromDays(6));
            await site.Host.Get<ReconcileService>().RunAsync(Stop);
            Assert.Empty(await site.PartsAsync());
            if (!died)
            {
                break;
            }

            crashes++;
        }

        Assert.True(crashes >= 5, $"It died {crashes} times only.");
    }

    private async Task<PolicySite> StartAsync(Dictionary<string, string?>? settings = null) => await new PolicySite(stack).StartAsync(settings ?? []);

    private static async Task<JsonObject> EditAsync(PolicySite site, JsonObject policy, int revision, object edit) =>
        await (await SendEditAsync(site, policy, revision, edit)).JsonAsync();

    private static async Task<HttpResponseMessage> SendEditAsync(PolicySite site, JsonObject policy, int revision, object edit)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"/api/policies/{policy["id"]}") { Content = JsonContent.Create(edit) };
        request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{revision}\""));
        return await site.Host.Admin.SendAsync(request, Stop);
    }

    private static async Task<HttpResponseMessage> DeleteAsync(PolicySite site, JsonObject policy, int revision)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"/api/policies/{policy["id"]}");
        request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{revision}\""));
        return await site.Host.Admin.SendAsync(request, Stop);
    }
}
