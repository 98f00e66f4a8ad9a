using System.Text;
using Atp.Core.Errors;
using Atp.Core.Storage;

namespace Atp.Core.Devices;

/// <summary>Pages through something that lies in shards, each in order of ids: shard after shard, no list of all.</summary>
public static class ShardPaging
{
    /// <param name="shards">All shards.</param>
    /// <param name="pageSize">How many items at most.</param>
    /// <param name="continuation">From the page before.</param>
    /// <param name="read">The items of one shard after an id.</param>
    /// <param name="idOf">An item's id.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DomainException">Invalid: not a continuation of ours.</exception>
    public static Task<Page<T>> PageAsync<T>(
        ShardMap shards, int pageSize, string? continuation,
        Func<string, string?, CancellationToken, IAsyncEnumerable<T>> read, Func<T, string> idOf, CancellationToken ct)
        where T : class =>
        PageAsync(shards, pageSize, int.MaxValue, continuation, read, idOf, _ => 0, item => item, ct);

    /// <summary>
    /// Likewise of those items that are selected. A page ends after so many rows, too: it may be short or empty and still have
    /// another one behind it, and never takes long.
    /// </summary>
    /// <param name="shards">All shards.</param>
    /// <param name="pageSize">How many items at most.</param>
    /// <param name="maxRows">After this many rows no further item is read.</param>
    /// <param name="continuation">From the page before.</param>
    /// <param name="read">The items of one shard after an id.</param>
    /// <param name="idOf">An item's id.</param>
    /// <param name="rowsOf">How many rows an item took to read.</param>
    /// <param name="select">What the page shows of an item; null to leave it out.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DomainException">Invalid: not a continuation of ours.</exception>
    public static async Task<Page<TShown>> PageAsync<T, TShown>(
        ShardMap shards, int pageSize, int maxRows, string? continuation,
        Func<string, string?, CancellationToken, IAsyncEnumerable<T>> read, Func<T, string> idOf, Func<T, int> rowsOf,
        Func<T, TShown?> select, CancellationToken ct)
        where TShown : class
    {
        var (first, after) = Parse(shards, continuation);
        var rows = 0;
        var items = new List<TShown>(pageSize);
        for (var i = first; i < shards.All.Count; i++, after = null)
        {
            await foreach (var item in read(shards.All[i], after, ct))
            {
                if (items.Count == pageSize || rows >= maxRows)
                {
                    return new Page<TShown>(items, Encode(shards.All[i], after));
                }

                if (select(item) is { } shown)
                {
                    items.Add(shown);
                }

                after = idOf(item);
                rows += rowsOf(item);
            }
        }

        return new Page<TShown>(items, null);
    }

    private static string Encode(string shard, string? after) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes($"{shard}!{after}")).Replace('+', '-').Replace('/', '_').TrimEnd('=');

    private static (int Shard, string? After) Parse(ShardMap shards, string? continuation)
    {
        if (continuation is null)
        {
            return (0, null);
        }

        var buffer = new byte[128];
        var base64 = continuation.Replace('-', '+').Replace('_', '/');
        base64 = base64.PadRight(base64.Length + ((4 - (base64.Length % 4)) % 4), '=');
        if (base64.Length <= buffer.Length && Convert.TryFromBase64String(base64, buffer, out var length))
        {
            var parts = Encoding.UTF8.GetString(buffer, 0, length).Split('!');
            var shard = shards.All.ToList().IndexOf(parts[0]);
            if (parts.Length == 2 && shard >= 0 && (parts[1].Length == 0 || DeviceId.TryParse(parts[1], out _)))
            {
                return (shard, parts[1].Length == 0 ? null : parts[1]);
            }
        }

        throw DomainError.Field("continuation", "list.continuation-invalid", "Take the whole nextLink of the page before.").ToException();
    }
}
