using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;

namespace Atp.Local.Vault;

/// <summary>The rules of a vault with soft delete, in Key Vault's own terms. Every change is on disk before it shows.</summary>
internal sealed partial class SecretStore(SecretFile? file, TimeProvider clock)
{
    private const int MaxValueBytes = 25 * 1024; // the service's limit for a secret

    private readonly Lock gate = new();
    private ImmutableSortedDictionary<string, Secret> secrets = (file?.Read() ?? [])
        .ToImmutableSortedDictionary(s => s.Name, s => s, StringComparer.OrdinalIgnoreCase); // names are not case-sensitive

    public Secret Set(string name, SetSecretBody body)
    {
        if (!NamePattern().IsMatch(name))
        {
            throw VaultException.BadParameter($"The request URI contains an invalid name: {name}");
        }
        if (body.Value is null)
        {
            throw VaultException.BadParameter("Property value is required.");
        }
        if (Encoding.UTF8.GetByteCount(body.Value) > MaxValueBytes)
        {
            throw VaultException.BadParameter("Secret value is too large: it may have 25 KB at most.");
        }
        lock (gate)
        {
            var existing = secrets.GetValueOrDefault(name);
            if (existing?.DeletedAt is not null)
            {
                throw VaultException.Deleted(existing.Name);
            }
            var now = clock.GetUtcNow().ToUnixTimeSeconds();
            var version = new SecretVersion(Guid.NewGuid().ToString("N"), body.Value, body.ContentType, body.Tags,
                body.Attributes?.Enabled ?? true, body.Attributes?.Nbf, body.Attributes?.Exp, now, now);
            return Save(existing is null
                ? new Secret(name, [version], DeletedAt: null)
                : existing with { Versions = existing.Versions.Add(version) });
        }
    }

    public (Secret Secret, SecretVersion Version) Get(string name, string? version)
    {
        var secret = FindLive(name);
        var found = version is null ? secret.Current : FindVersion(secret, version);
        return found.Enabled ? (secret, found) : throw VaultException.Disabled();
    }

    public (Secret Secret, SecretVersion Version) Update(string name, string version, UpdateSecretBody body)
    {
        lock (gate)
        {
            var secret = FindLive(name);
            var old = FindVersion(secret, version);
            var changed = old with
            {
                ContentType = body.ContentType ?? old.ContentType,
                Tags = body.Tags ?? old.Tags,
                Enabled = body.Attributes?.Enabled ?? old.Enabled,
                NotBefore = body.Attributes?.Nbf ?? old.NotBefore,
                Expires = body.Attributes?.Exp ?? old.Expires,
                Updated = clock.GetUtcNow().ToUnixTimeSeconds(),
            };
            return (Save(secret with { Versions = secret.Versions.Replace(old, changed) }), changed);
        }
    }

    public Secret Delete(string name)
    {
        lock (gate)
        {
            return Save(FindLive(name) with { DeletedAt = clock.GetUtcNow() });
        }
    }

    public Secret GetDeleted(string name) =>
        secrets.GetValueOrDefault(name) is { DeletedAt: not null } secret ? secret : throw VaultException.DeletedNotFound(name);

    public Secret Recover(string name)
    {
        lock (gate)
        {
            return Save(GetDeleted(name) with { DeletedAt = null });
        }
    }

    public void Purge(string name)
    {
        lock (gate)
        {
            Commit(secrets.Remove(GetDeleted(name).Name));
        }
    }

    /// <summary>Sorted by name.</summary>
    public IEnumerable<Secret> List(bool deleted) => secrets.Values.Where(s => s.DeletedAt is not null == deleted);

    /// <summary>Sorted by version. As with the service, a secret that doesn't exist has none, and that is no error.</summary>
    public IEnumerable<(Secret Secret, SecretVersion Version)> ListVersions(string name) =>
        secrets.GetValueOrDefault(name) is { DeletedAt: null } secret
            ? secret.Versions.OrderBy(v => v.Version, StringComparer.Ordinal).Select(v => (secret, v))
            : [];

    private Secret FindLive(string name) =>
        secrets.GetValueOrDefault(name) is { DeletedAt: null } secret ? secret : throw VaultException.NotFound(name);

    private static SecretVersion FindVersion(Secret secret, string version) =>
        secret.Versions.FirstOrDefault(v => v.Version == version) ?? throw VaultException.NotFound($"{secret.Name}/{version}");

    private Secret Save(Secret secret)
    {
        Commit(secrets.SetItem(secret.Name, secret));
        return secret;
    }

    private void Commit(ImmutableSortedDictionary<string, Secret> changed)
    {
        file?.Write(changed.Values);
        secrets = changed;
    }

    [GeneratedRegex("^[0-9a-zA-Z-]{1,127}$")]
    private static partial Regex NamePattern();
}
