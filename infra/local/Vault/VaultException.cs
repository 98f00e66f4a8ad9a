using Microsoft.AspNetCore.Http;

namespace Atp.Local.Vault;

/// <summary>An answer with Key Vault's error body. The texts are the service's where clients are known to show or
/// search them.</summary>
internal sealed class VaultException(int status, string code, string message, string? innerCode = null) : Exception(message)
{
    public static VaultException NotFound(string name) => new(404, "SecretNotFound",
        $"A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret "
        + "you may be able to recover it using the correct recovery command.");

    public static VaultException DeletedNotFound(string name) => new(404, "SecretNotFound", $"Deleted Secret not found: {name}");

    public static VaultException Disabled() => new(403, "Forbidden",
        "Operation get is not allowed on a disabled secret.", "SecretDisabled");

    public static VaultException Deleted(string name) => new(409, "Conflict",
        $"Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused; "
        + "in this state, the secret can only be recovered or purged.",
        "ObjectIsDeletedButRecoverable");

    public static VaultException BadParameter(string message) => new(400, "BadParameter", message);

    public Task WriteToAsync(HttpResponse response)
    {
        response.StatusCode = status;
        object? inner = innerCode is null ? null : new { code = innerCode };
        var body = new { error = new { code, message = Message, innererror = inner } };
        return response.WriteAsJsonAsync(body, SecretJson.Options, response.HttpContext.RequestAborted);
    }
}
