using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace Atp.Cli.Client;

/// <summary>What a new policy is made of. The key is never logged, shown or kept.</summary>
public sealed record NewPolicy(
    string Name, string Description, string Kind, string FileName, byte[] Content, string? WorkspaceId, string? WorkspaceKey,
    string? FileSamples);

public sealed partial class AtpClient
{
    public async Task<PolicyAnswer> CreatePolicyAsync(NewPolicy policy, CancellationToken ct)
    {
        using var form = new MultipartFormDataContent();
        var file = new ByteArrayContent(policy.Content);
        file.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        form.Add(file, "configurationFile", policy.FileName);
        AddField(form, "name", policy.Name);
        AddField(form, "description", policy.Description);
        AddField(form, "kind", policy.Kind);
        AddField(form, "workspaceId", policy.WorkspaceId);
        AddField(form, "workspaceKey", policy.WorkspaceKey);
        AddField(form, "fileSamples", policy.FileSamples);
        return await SendAsync<PolicyAnswer>(HttpMethod.Post, "/api/policies", form, ct);
    }

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
        DeleteAsync($"/api/policies/{Uri.EscapeDataString(id)}", revision, ct);

    /// <summary>Brings a deleted policy back, as it was at this revision.</summary>
    public Task<PolicyAnswer> RecoverPolicyAsync(string id, int revision, CancellationToken ct) =>
        SendAsync<PolicyAnswer>(HttpMethod.Post, $"/api/policies/{Uri.EscapeDataString(id)}/recover", null, ct, revision);

    /// <summary>What <see cref="MovePolicyAsync"/> would change.</summary>
    public Task<OrderPreviewAnswer> PreviewMoveAsync(string id, string move, CancellationToken ct) =>
        PostAsync<OrderPreviewAnswer>($"/api/policies/{Uri.EscapeDataString(id)}/order/preview", new { move }, ct);

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
