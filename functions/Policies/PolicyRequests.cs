using Atp.Core.Errors;
using Atp.Core.Policies;
using Atp.Core.Requests;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace Atp.Functions.Policies;

/// <summary>The file in a JSON body.</summary>
public sealed record FileInput(string Name, byte[] Content)
{
    public UploadedFile ToUpload() => new(Name, Content);
}

/// <summary>A new policy as JSON.</summary>
public sealed record CreatePolicyInput(
    string? Name = null, string? Description = null, PolicyKind? Kind = null, FileInput? ConfigurationFile = null,
    string? WorkspaceId = null, string? WorkspaceKey = null, FileSamples? FileSamples = null);

/// <summary>An edit as JSON.</summary>
public sealed record EditPolicyInput(
    string? Name = null, string? Description = null, FileInput? ConfigurationFile = null, string? WorkspaceId = null,
    string? WorkspaceKey = null, bool RemoveWorkspace = false, FileSamples? FileSamples = null, int? Order = null);

/// <summary>Policies come as a multipart form with the file, or as JSON with the file in base64: either becomes one command.</summary>
internal static class PolicyRequests
{
    private static readonly string[] CreateFields = ["name", "description", "kind", "workspaceId", "workspaceKey", "fileSamples"];
    private static readonly string[] EditFields = ["name", "description", "workspaceId", "workspaceKey", "removeWorkspace", "fileSamples", "order"];

    public static async Task<(CreatePolicy Command, ChangeRequest Change)> ReadCreatePolicyAsync(this HttpRequest request, CancellationToken ct)
    {
        if (!request.HasFormContentType)
        {
            var (body, asked) = await request.ReadJsonAsync<CreatePolicyInput>(ct, RequestBody.MaxWithFileBytes);
            return (new CreatePolicy
            {
                Name = body.Name,
                Description = body.Description,
                Kind = body.Kind,
                ConfigurationFile = body.ConfigurationFile?.ToUpload(),
                WorkspaceId = body.WorkspaceId,
                WorkspaceKey = body.WorkspaceKey,
                FileSamples = body.FileSamples,
            }, asked);
        }

        var (fields, files, change) = await request.ReadFormAsync(CreateFields, PackageReader.Field, ct);
        return (new CreatePolicy
        {
            Name = fields.GetValueOrDefault("name"),
            Description = fields.GetValueOrDefault("description"),
            Kind = Enumeration<PolicyKind>(fields, "kind"),
            ConfigurationFile = await FileAsync(files, ct),
            WorkspaceId = fields.GetValueOrDefault("workspaceId"),
            WorkspaceKey = fields.GetValueOrDefault("workspaceKey"),
            FileSamples = Enumeration<FileSamples>(fields, "fileSamples"),
        }, change);
    }

    public static async Task<(EditPolicy Edit, ChangeRequest Change)> ReadEditPolicyAsync(this HttpRequest request, CancellationToken ct)
    {
        if (!request.HasFormContentType)
        {
            var (body, asked) = await request.ReadJsonAsync<EditPolicyInput>(ct, RequestBody.MaxWithFileBytes);
            return (new EditPolicy
            {
                Name = body.Name,
                Description = body.Description,
                ConfigurationFile = body.ConfigurationFile?.ToUpload(),
                WorkspaceId = body.WorkspaceId,
                WorkspaceKey = body.WorkspaceKey,
                RemoveWorkspace = body.RemoveWorkspace,
                FileSamples = body.FileSamples,
                Order = body.Order,
            }, asked);
        }

        var (fields, files, change) = await request.ReadFormAsync(EditFields, PackageReader.Field, ct);
        return (new EditPolicy
        {
            Name = fields.GetValueOrDefault("name"),
            Description = fields.GetValueOrDefault("description"),
            ConfigurationFile = await FileAsync(files, ct),
            WorkspaceId = fields.GetValueOrDefault("workspaceId"),
            WorkspaceKey = fields.GetValueOrDefault("workspaceKey"),
            RemoveWorkspace = Parsed<bool>(fields, "removeWorkspace") ?? false,
            FileSamples = Enumeration<FileSamples>(fields, "fileSamples"),
            Order = Parsed<int>(fields, "order"),
        }, change);
    }

    private static async Task<UploadedFile?> FileAsync(IReadOnlyDictionary<string, IFormFile> files, CancellationToken ct) =>
        files.TryGetValue(PackageReader.Field, out var file) ? new UploadedFile(file.FileName, await file.ReadAllAsync(ct)) : null;

    private static T? Enumeration<T>(IReadOnlyDictionary<string, string> fields, string name)
        where T : struct, Enum
    {
        if (!fields.TryGetValue(name, out var text))
        {
            return null;
        }

        return Enum.GetNames<T>().Contains(text)
            ? Enum.Parse<T>(text)
            : throw DomainError.Field(name, "body.value-invalid", $"The value of '{name}' is one of {string.Join(", ", Enum.GetNames<T>())}.").ToException();
    }

    private static T? Parsed<T>(IReadOnlyDictionary<string, string> fields, string name)
        where T : struct, IParsable<T>
    {
        if (!fields.TryGetValue(name, out var text))
        {
            return null;
        }

        return T.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var value)
            ? value
            : throw DomainError.Field(name, "body.value-invalid", $"The value of '{name}' is not of the expected type.").ToException();
    }
}
