using System.Collections.Immutable;

namespace Atp.Local.Vault;

/// <summary>A secret with its versions, oldest first; at least one. Deleted ones can be recovered until they are
/// purged.</summary>
internal sealed record Secret(string Name, ImmutableArray<SecretVersion> Versions, DateTimeOffset? DeletedAt)
{
    public SecretVersion Current => Versions[^1];
}

/// <summary>Times are Unix seconds, UTC, as on the wire.</summary>
internal sealed record SecretVersion(
    string Version,
    string Value,
    string? ContentType,
    IReadOnlyDictionary<string, string>? Tags,
    bool Enabled,
    long? NotBefore,
    long? Expires,
    long Created,
    long Updated);
