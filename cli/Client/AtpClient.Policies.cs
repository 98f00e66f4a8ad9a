using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace Atp.Cli.Client;

/// <summary>What a new policy is made of. The key is never logged, shown or kept.</summary>
public sealed record NewPolicy(
    string Name, string Description, string Kind, string FileName, byte[] Content, string? WorkspaceId, string? WorkspaceKey,
    string? FileSamples);

/// <summary>What changes of a policy; what is null stays.</summary>
public sealed record PolicyEdit(
    string? Name, string? Description, string? FileName, byte[]? Content, string? WorkspaceId, string? WorkspaceKey, bool RemoveWorkspace,
    string? FileSamples);

public sealed partial class AtpClient
{
    public async Task<PolicyAnswer> CreatePolicyAsync(NewPolicy policy, CancellationToken ct)
    {
        using var form = new MultipartFormDataContent();
        AddFile(form, policy.FileName, policy.Content);
        AddField(form, "name", policy.Name);
        AddField(form, "description", policy.Description);
        AddField(form, "kind", policy.Kind);
        AddField(form, "workspaceId", policy.WorkspaceId);
        AddField(form, "workspaceKey", policy.WorkspaceKey);
        AddField(form, "fileSamples", policy.FileSamples);
        return await SendAsync<PolicyAnswer>(HttpMethod.Post, "/api/policies", form, ct);
    }

    /// <param name="id">The policy.</param>
    /// <param name="revision">The one that the edit starts from.</param>
    /// <param name="edit">What changes.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<PolicyAnswer> UpdatePolicyAsync(string id, int revision, PolicyEdit edit, CancellationToken ct)
    {
        using var form = new MultipartFormDataContent();
        if (edit.Content is not null)
        {
            AddFile(form, edit.FileName!, edit.Content);
        }

        AddField(form, "name", edit.Name);
        AddField(form, "description", edit.Description);
        AddField(form, "workspaceId", edit.WorkspaceId);
        AddField(form, "workspaceKey", edit.WorkspaceKey);
        AddField(form, "removeWorkspace", edit.RemoveWorkspace ? "true" : null);
        AddField(form, "fileSamples", edit.FileSamples);
        return await SendAsync<PolicyAnswer>(HttpMethod.Patch, $"/api/policies/{Uri.EscapeDataString(id)}", form, ct, revision);
    }

    /// <summary>Each revision as it was, oldest first.</summary>
    public IAsyncEnumerable<PolicyRevisionAnswer> ListPolicyRevisionsAsync(string id, CancellationToken ct) =>
        ListAsync<PolicyRevisionAnswer>($"/api/policies/{Uri.EscapeDataString(id)}/revisions", ct);

    public IAsyncEnumerable<PolicyAnswer> ListPoliciesAsync(CancellationToken ct) => ListAsync<PolicyAnswer>("/api/policies", ct);

    /// <summary>Those that can be recovered, the last deleted first.</summary>
    public IAsyncEnumerable<PolicyAnswer> ListDeletedPoliciesAsync(CancellationToken ct) => ListAsync<PolicyAnswer>("/api/policies?deleted=true", ct);

    public Task<PolicyAnswer> GetPolicyAsync(string id, CancellationToken ct) =>
        GetAsync<PolicyAnswer>($"/api/policies/{Uri.EscapeDataString(id)}", ct);

    /// <param name="id">The policy.</param>
    /// <param name="revision">The revision that was looked at.</param>
    /// <param name="move"><c>Increase</c> or <c>Decrease</c>.</param>
    /// <param name="ct">Cancels.</param>
    public Task<PolicyAnswer> MovePolicyAsync(string id, int revision, string move, CancellationToken ct) =>
        SendAsync<PolicyAnswer>(HttpMethod.Post, $"/api/policies/{Uri.EscapeDataString(id)}/order", JsonContent.Create(new { move }), ct, revision);

    public Task DeletePolicyAsync(string id, int revision, CancellationToken ct) =>
        SendEmptyAsync(HttpMethod.Delete, $"/api/policies/{Uri.EscapeDataString(id)}", revision, ct);

    /// <summary>Brings a deleted policy back, as it was at this revision.</summary>
    public Task<PolicyAnswer> RecoverPolicyAsync(string id, int revision, CancellationToken ct) =>
        SendAsync<PolicyAnswer>(HttpMethod.Post, $"/api/policies/{Uri.EscapeDataString(id)}/recover", null, ct, revision);

    /// <summary>What <see cref="MovePolicyAsync"/> would change.</summary>
    public Task<OrderPreviewAnswer> PreviewMoveAsync(string id, string move, CancellationToken ct) =>
        PostAsync<OrderPreviewAnswer>($"/api/policies/{Uri.EscapeDataString(id)}/order/preview", new { move }, ct);

    private static void AddFile(MultipartFormDataContent form, string name, byte[] content)
    {
        var file = new ByteArrayContent(content);
        file.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        form.Add(file, "configurationFile", name);
    }

    private static void AddField(MultipartFormDataContent form, string name, string? value)
    {
        if (value is not null)
        {
            var content = new StringContent(value);
            content.Headers.ContentType = null; // a form field, not a part with a type of its own
            form.Add(content, name);
        }
    }
}
