using System.Text.Json;
using System.Text.Json.Serialization;

namespace Atp.Local.Vault;

/// <summary>How the service writes JSON: camel case, and nothing for what isn't there.</summary>
internal static class SecretJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };
}

internal sealed record SetSecretBody(
    string? Value, string? ContentType, IReadOnlyDictionary<string, string>? Tags, AttributesBody? Attributes);

internal sealed record UpdateSecretBody(
    string? ContentType, IReadOnlyDictionary<string, string>? Tags, AttributesBody? Attributes);

internal sealed record AttributesBody(bool? Enabled, long? Nbf, long? Exp);

internal sealed record SecretAnswer
{
    public required string Id { get; init; }

    public string? Value { get; init; }

    public string? ContentType { get; init; }

    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    public required AttributesAnswer Attributes { get; init; }

    public string? RecoveryId { get; init; }

    public long? DeletedDate { get; init; }

    public long? ScheduledPurgeDate { get; init; }
}

internal sealed record AttributesAnswer(
    bool Enabled, long? Nbf, long? Exp, long Created, long Updated, string RecoveryLevel, int RecoverableDays);

internal sealed record PageAnswer(IReadOnlyList<SecretAnswer> Value, string? NextLink);
