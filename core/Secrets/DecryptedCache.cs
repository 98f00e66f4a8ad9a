using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Internal;

namespace Atp.Core.Secrets;

/// <summary>
/// Keeps what was read from the places of secrets in memory: so much of it at most, an hour at most, and not after it was deleted.
/// Callers who miss the same thing at the same time share one read.
/// </summary>
/// <typeparam name="T">What is kept.</typeparam>
/// <param name="sizeLimit">In the unit of what <c>read</c> says. What doesn't fit isn't kept, and makes the cache let go of some.</param>
/// <param name="clock">Decides when the hour is over.</param>
internal sealed class DecryptedCache<T>(long sizeLimit, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private readonly Lock gate = new();
    private readonly MemoryCache kept = new(new MemoryCacheOptions { SizeLimit = sizeLimit, Clock = new CacheClock(clock) });
    private readonly Dictionary<string, Reading> readings = [];

    /// <param name="key">Names the thing; its parts are separated by <c>/</c>.</param>
    /// <param name="read">Gets it, and says its size; null when it is not to be kept.</param>
    /// <param name="ct">Stops waiting. The reading goes on for the others.</param>
    public Task<T> GetAsync(string key, Func<Task<(T Value, long? Size)>> read, CancellationToken ct)
    {
        Reading? reading;
        lock (gate)
        {
            if (kept.TryGetValue(key, out T? known))
            {
                return Task.FromResult(known!);
            }

            if (!readings.TryGetValue(key, out reading))
            {
                readings[key] = reading = new Reading();
                reading.Result = ReadAsync(key, reading, read);
            }
        }

        return reading.Result.WaitAsync(ct);
    }

    /// <summary>Forgets everything whose key starts so; what is being read is given to those who wait for it, and not kept.</summary>
    public void Remove(string prefix)
    {
        lock (gate)
        {
            foreach (var key in kept.Keys.OfType<string>().Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).ToList())
            {
                kept.Remove(key);
            }

            foreach (var key in readings.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).ToList())
            {
                readings.Remove(key);
            }
        }
    }

    public void Dispose() => kept.Dispose();

    private async Task<T> ReadAsync(string key, Reading self, Func<Task<(T Value, long? Size)>> read)
    {
        await Task.Yield(); // out of the lock
        var size = (long?)null;
        T? value = default;
        try
        {
            (value, size) = await read();
            return value;
        }
        finally
        {
            lock (gate)
            {
                if (readings.TryGetValue(key, out var current) && current == self)
                {
                    readings.Remove(key);
                    if (size is not null)
                    {
                        kept.Set(key, value, new MemoryCacheEntryOptions { AbsoluteExpirationRelativeToNow = Lifetime, Size = size });
                    }
                }
            }
        }
    }

    private sealed class Reading
    {
        public Task<T> Result { get; set; } = null!;
    }

    private sealed class CacheClock(TimeProvider clock) : ISystemClock
    {
        public DateTimeOffset UtcNow => clock.GetUtcNow();
    }
}
