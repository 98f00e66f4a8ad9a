namespace Atp.Cli;

/// <summary>One part of a longer job: how far it is, how long it took, and how many storage transactions were made meanwhile.</summary>
/// <param name="name">For people and for the JSON.</param>
/// <param name="unit">What it counts, e.g. <c>devices</c>.</param>
/// <param name="transactions">The service's counter, when it runs in this process.</param>
public sealed class Phase(string name, string unit, Func<long>? transactions)
{
    private long done;
    private long total;
    private long amount = -1;

    public string Name { get; } = name;

    public string Unit { get; } = unit;

    public long Done => Interlocked.Read(ref done);

    public long Total => Interlocked.Read(ref total);

    /// <summary>How many of <see cref="Unit"/> that is; <see cref="Done"/>, unless the work is measured in something else.</summary>
    public long Amount => Interlocked.Read(ref amount) is var known and >= 0 ? known : Done;

    /// <summary>What holds it up, for people; null when nothing does.</summary>
    public string? Note { get; set; }

    public TimeSpan Elapsed { get; private set; }

    /// <summary>Null when the service runs elsewhere. Work in the background counts where it happens to fall.</summary>
    public long? Transactions { get; private set; }

    public void Set(long newDone, long newTotal)
    {
        Interlocked.Exchange(ref total, newTotal);
        Interlocked.Exchange(ref done, newDone);
    }

    /// <param name="newDone">How far the work is, e.g. in shards or bytes.</param>
    /// <param name="newTotal">Of how much.</param>
    /// <param name="newAmount">How many of <see cref="Unit"/> that was.</param>
    public void Set(long newDone, long newTotal, long newAmount)
    {
        Interlocked.Exchange(ref amount, newAmount);
        Set(newDone, newTotal);
    }

    public void Advance() => Interlocked.Increment(ref done);

    /// <summary>Adds what this work takes; a phase may come in several pieces.</summary>
    public async Task MeasureAsync(Func<Task> work)
    {
        var start = TimeProvider.System.GetTimestamp();
        var before = transactions?.Invoke();
        try
        {
            await work();
        }
        finally
        {
            Elapsed += TimeProvider.System.GetElapsedTime(start);
            if (transactions is not null)
            {
                Transactions = (Transactions ?? 0) + transactions() - before;
            }
        }
    }
}
