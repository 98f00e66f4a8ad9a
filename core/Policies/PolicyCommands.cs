using Atp.Core.Errors;

namespace Atp.Core.Policies;

/// <summary>What was uploaded: the .zip as downloaded, or the file in it.</summary>
public sealed record UploadedFile(string Name, byte[] Content);

/// <summary>A new policy. ID and key are both given or neither.</summary>
public sealed record CreatePolicy
{
    public string? Name { get; init; }

    public string? Description { get; init; }

    public PolicyKind? Kind { get; init; }

    public UploadedFile? ConfigurationFile { get; init; }

    public string? WorkspaceId { get; init; }

    public string? WorkspaceKey { get; init; }

    public FileSamples? FileSamples { get; init; }
}

/// <summary>An edit: what is not sent stays as it is. The kind can't change.</summary>
public sealed record EditPolicy
{
    public string? Name { get; init; }

    public string? Description { get; init; }

    public UploadedFile? ConfigurationFile { get; init; }

    public string? WorkspaceId { get; init; }

    public string? WorkspaceKey { get; init; }

    /// <summary>Takes the stored workspace away; down-level devices will fail from then on.</summary>
    public bool RemoveWorkspace { get; init; }

    public FileSamples? FileSamples { get; init; }

    /// <summary>1 or more; the lowest number wins.</summary>
    public int? Order { get; init; }
}

/// <summary>Rules for what administrators may send.</summary>
public static class PolicyRules
{
    public const int MaxName = 256;
    public const int MaxDescription = 1024;

    /// <summary>Up to this version of Configuration Manager an edit must bring file, ID and key together.</summary>
    public const int LastAllThreeVersion = 2006;

    /// <summary>A name as it is stored: trimmed, without control characters.</summary>
    public static string CheckName(string? name, FieldErrors errors)
    {
        var trimmed = name?.Trim() ?? "";
        if (trimmed.Length == 0)
        {
            errors.Add("name", "name.empty", "Give it a name.");
        }
        else if (trimmed.Length > MaxName)
        {
            errors.Add("name", "name.too-long", $"A name has {MaxName} characters at most; this one has {trimmed.Length}.");
        }
        else if (trimmed.Any(char.IsControl))
        {
            errors.Add("name", "name.control-characters", "A name has no control characters.");
        }

        return trimmed;
    }

    public static string CheckDescription(string? description, FieldErrors errors)
    {
        if (description?.Length > MaxDescription)
        {
            errors.Add("description", "description.too-long", $"A description has {MaxDescription} characters at most.");
        }

        return description ?? "";
    }

    /// <summary>
    /// The rule for edits up to version 2006: when ID or key is sent, or the file while ID and key are stored, all three must
    /// be sent, else the policy would fail on down-level clients. From 2010 what is not sent is kept.
    /// </summary>
    public static void CheckAllThree(EditPolicy edit, bool hasWorkspace, int configurationManagerVersion, FieldErrors errors)
    {
        if (configurationManagerVersion > LastAllThreeVersion)
        {
            return;
        }

        var touchesWorkspace = edit.WorkspaceId is not null || edit.WorkspaceKey is not null;
        if (!touchesWorkspace && (edit.ConfigurationFile is null || !hasWorkspace))
        {
            return;
        }

        var reason = $"At Configuration Manager {configurationManagerVersion} an edit must bring the configuration file, "
            + "the Workspace ID and the Workspace key together, else the policy fails on down-level clients.";
        foreach (var (field, missing) in new[]
        {
            (PackageReader.Field, edit.ConfigurationFile is null),
            (WorkspaceRule.IdField, edit.WorkspaceId is null),
            (WorkspaceRule.KeyField, edit.WorkspaceKey is null),
        })
        {
            if (missing)
            {
                errors.Add(field, "policy.all-three-needed", reason);
            }
        }
    }
}
