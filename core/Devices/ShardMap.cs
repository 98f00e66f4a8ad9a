using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Atp.Core.Errors;
using Atp.Core.Site;

namespace Atp.Core.Devices;

/// <summary>Which shard an id belongs to: stable for the life of a site.</summary>
public sealed class ShardMap(SiteSettings settings)
{
    /// <summary>All shards by name, two hex digits each, in order.</summary>
    public IReadOnlyList<string> All { get; } =
        [.. Enumerable.Range(0, settings.ShardCount).Select(i => i.ToString("x2", CultureInfo.InvariantCulture))];

    /// <exception cref="DomainException">Invalid: a message names a shard that this site doesn't have.</exception>
    public void MustHave(string? shard)
    {
        if (!All.Contains(shard))
        {
            throw DomainError.Field("shard", "shard.unknown", "The message names a shard that this site doesn't have.").ToException();
        }
    }

    public string ShardOf(string id)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(id));
        return All[(int)(BinaryPrimitives.ReadUInt32BigEndian(hash) % (uint)settings.ShardCount)];
    }
}
