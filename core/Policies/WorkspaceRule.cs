using Atp.Core.Errors;

namespace Atp.Core.Policies;

/// <summary>Checks of a Workspace ID and key: both or neither, and each in its own field.</summary>
public static class WorkspaceRule
{
    public const string IdField = "workspaceId";
    public const string KeyField = "workspaceKey";

    private const int UsualKeyBytes = 64;

    /// <returns>The ID in lower case, and a warning when the key has an unusual length; null when neither was given.</returns>
    public static (string Id, string? Warning)? Check(string? id, string? key, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(id) && string.IsNullOrEmpty(key))
        {
            return null;
        }

        // The console shows the two in another order than the portal, so people mix them up.
        if (Guid.TryParse(key, out _))
        {
            errors.Add(KeyField, "workspace.swapped", "The Workspace key holds a GUID: the Workspace ID and key are probably swapped.");
            return null;
        }

        if (!string.IsNullOrEmpty(id) && !Guid.TryParse(id, out _) && DecodedLength(id) is >= 32)
        {
            errors.Add(IdField, "workspace.swapped", "The Workspace ID holds what looks like a key: the two are probably swapped.");
            return null;
        }

        if (string.IsNullOrEmpty(key))
        {
            errors.Add(KeyField, "workspace.key-missing", "A Workspace ID needs its Workspace key; give both or neither.");
        }

        if (string.IsNullOrEmpty(id))
        {
            errors.Add(IdField, "workspace.id-missing", "A Workspace key needs its Workspace ID; give both or neither.");
        }
        else if (!Guid.TryParse(id, out _))
        {
            errors.Add(IdField, "workspace.id-invalid", "The Workspace ID is not a GUID.");
        }

        var length = string.IsNullOrEmpty(key) ? null : DecodedLength(key);
        if (!string.IsNullOrEmpty(key) && length is null or 0)
        {
            errors.Add(KeyField, "workspace.key-invalid", "The Workspace key is not base64.");
        }

        return errors.Any ? null : (Guid.Parse(id!).ToString(),
            length == UsualKeyBytes ? null : $"The Workspace key has {length} bytes; they usually have {UsualKeyBytes}. Check that all of it was copied.");
    }

    private static int? DecodedLength(string text)
    {
        var buffer = new byte[text.Length];
        return text.Length <= 1024 && Convert.TryFromBase64String(text, buffer, out var length) ? length : null;
    }
}
