using System.Net;
using System.Net.Http.Json;
using Atp.Functions.Tests.Devices;

namespace Atp.Functions.Tests.Model;

/// <summary>Policies and deployments.</summary>
internal sealed partial class ModelSite
{
    private async Task CreatePolicyAsync(AtpHost host, CreatePolicy create)
    {
        var onboarding = create.ExpiresInDays == 0;
        var expires = onboarding ? (DateTimeOffset?)null : Clock.GetUtcNow().AddDays(create.ExpiresInDays);
        using var form = TestSite.PolicyForm(FileOf(host, expires), $"Policy {requests}",
            onboarding ? "Onboarding" : "Offboarding", create.Workspace ? TestSite.WorkspaceId : null);
        var samples = create.AllSamples ? "AllFileTypes" : "None";
        form.Add(new StringContent(samples), "fileSamples");
        var created = await CreateAsync(host, "/api/policies", form, HttpStatusCode.Created);
        facts.Add(new PolicySaved((string)created["id"]!, 1, (int)created["order"]!, onboarding, create.Workspace, samples, expires));
    }

    private async Task EditPolicyAsync(AtpHost host, EditPolicy edit)
    {
        if (Model.Policies() is not { Count: > 0 } all)
        {
            return;
        }

        var before = Pick(all, edit.Policy);
        var expires = before.IsOnboarding ? (DateTimeOffset?)null : Clock.GetUtcNow().AddDays(edit.ExpiresInDays);
        var file = FileOf(host, expires);
        var (body, after) = edit.What switch
        {
            PolicyEdit.File => ((object)new { configurationFile = new { name = file.FileName, content = file.Content } }, before with { ExpiresAt = expires }),
            PolicyEdit.SetWorkspace => (new { workspaceId = TestSite.WorkspaceId, workspaceKey = TestSite.WorkspaceKey }, before with { HasWorkspace = true }),
            PolicyEdit.RemoveWorkspace => (new { removeWorkspace = true }, before with { HasWorkspace = false }),
            PolicyEdit.NoSamples => (new { fileSamples = "None" }, before with { FileSamples = "None" }),
            PolicyEdit.AllSamples => (new { fileSamples = "AllFileTypes" }, before with { FileSamples = "AllFileTypes" }),
            PolicyEdit.OrderFirst => (new { order = 1 }, before with { Order = 1 }),
            PolicyEdit.OrderLast => (new { order = 50 }, before with { Order = 50 }),
            _ => (new { description = $"edit {requests++}" }, before),
        };
        await AnsweredAsync(host.ChangeAsync(HttpMethod.Patch, $"/api/policies/{before.PolicyId}", before.Revision, body), HttpStatusCode.OK);
        facts.Add(after with { Revision = before.Revision + 1 });
    }

    /// <summary>Which numbers that gives is the service's choice; who comes before whom is not.</summary>
    private async Task MovePolicyAsync(AtpHost host, MovePolicy move)
    {
        if (Model.PoliciesInOrder() is not { Count: > 0 } before)
        {
            return;
        }

        var place = move.Policy % before.Count;
        var other = move.Increase ? place - 1 : place + 1;
        var canMove = other >= 0 && other < before.Count;
        await AnsweredAsync(host.ChangeAsync(HttpMethod.Post, $"/api/policies/{before[place].PolicyId}/order", before[place].Revision,
            new { move = move.Increase ? "Increase" : "Decrease" }), canMove ? HttpStatusCode.OK : HttpStatusCode.Conflict);
        if (!canMove)
        {
            return;
        }

        var listed = (await host.ListAsync("/api/policies?pageSize=1000")).ToDictionary(p => (string)p["id"]!);
        facts.AddRange(before.Select(p => p with { Order = (int)listed[p.PolicyId]["order"]!, Revision = (int)listed[p.PolicyId]["revision"]! }).ToList());
        var after = Model.PoliciesInOrder().ToDictionary(p => p.PolicyId);
        Assert.Equal(before.Select(p => p.Revision), before.Select(p => after[p.PolicyId].Revision));
        var (first, second) = move.Increase ? (before[place], before[other]) : (before[other], before[place]);
        Assert.All(
            from earlier in before
            from later in before
            where earlier.Order < later.Order && !(earlier == second && later == first)
            select (Earlier: earlier, Later: later),
            pair => Assert.True(after[pair.Earlier.PolicyId].Order < after[pair.Later.PolicyId].Order, $"{pair} and then {string.Join(' ', after.Values)}"));
        Assert.True(after[first.PolicyId].Order < after[second.PolicyId].Order, $"{move} of {before[place]}: {string.Join(' ', after.Values)}");
    }

    private async Task DeletePolicyAsync(AtpHost host, DeletePolicy delete)
    {
        if (Model.Policies() is { Count: > 0 } all)
        {
            var policy = Pick(all, delete.Policy);
            var deployed = Model.LiveDeployments().Any(d => d.PolicyId == policy.PolicyId);
            await AnsweredAsync(host.ChangeAsync(HttpMethod.Delete, $"/api/policies/{policy.PolicyId}", policy.Revision),
                deployed ? HttpStatusCode.Conflict : HttpStatusCode.NoContent);
            if (!deployed)
            {
                facts.Add(new PolicyDeleted(policy.PolicyId));
            }
        }
    }

    private async Task DeployAsync(AtpHost host, Deploy deploy)
    {
        if (Model.Policies() is not { Count: > 0 } policies || Model.Collections() is not { Count: > 0 } collections)
        {
            return;
        }

        await WaitAsync(TimeSpan.FromMilliseconds(1)); // no two deployments are equally new
        var policy = Pick(policies, deploy.Policy);
        var targets = deploy.Collections.Select(c => Pick(collections, c)).Distinct().ToList();
        var now = Clock.GetUtcNow();
        var expired = policy.ExpiresAt <= now;
        using var body = JsonContent.Create(new { policyId = policy.PolicyId, collectionIds = targets, acknowledgeFailures = true });
        var created = await CreateAsync(host, "/api/deployments", body, expired ? HttpStatusCode.Conflict : HttpStatusCode.Accepted);
        if (!expired)
        {
            facts.Add(new DeploymentMade((string)created["id"]!, policy.PolicyId, targets, now));
        }
    }

    private async Task EndDeploymentAsync(AtpHost host, EndDeployment end)
    {
        if (Model.LiveDeployments() is { Count: > 0 } live)
        {
            var id = Pick(live, end.Deployment).DeploymentId;
            await AnsweredAsync(host.Admin.PostAsJsonAsync($"/api/deployments/{id}/end", new { reason = "over" }), HttpStatusCode.OK);
            facts.Add(new DeploymentEnded(id));
        }
    }
}
