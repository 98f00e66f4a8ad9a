using System.Collections.Concurrent;

namespace Atp.Infra.Tests.SelfHost;

/// <summary>What the functions under test did, and what holds them up.</summary>
public sealed class Journal
{
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int running;

    public ConcurrentQueue<string> Lines { get; } = new();

    /// <summary>How many functions ran at once at most.</summary>
    public int MostAtOnce { get; private set; }

    public void Write(string line) => Lines.Enqueue(line);

    public void Release() => released.TrySetResult();

    /// <summary>Runs until the test releases it, or until it is cancelled.</summary>
    public async Task HoldAsync(CancellationToken ct)
    {
        lock (Lines)
        {
            MostAtOnce = Math.Max(MostAtOnce, ++running);
        }

        try
        {
            await released.Task.WaitAsync(ct);
        }
        finally
        {
            lock (Lines)
            {
                running--;
            }
        }
    }

    /// <summary>Waits until so many lines were written.</summary>
    public async Task<IReadOnlyList<string>> WaitAsync(int lines, CancellationToken ct)
    {
        await Until.TrueAsync(() => Task.FromResult(Lines.Count >= lines), () => $"{lines} lines, but only: {string.Join(" | ", Lines)}", ct);
        return [.. Lines];
    }
}

/// <summary>Waits on a condition, with a deadline.</summary>
internal static class Until
{
    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string> what, CancellationToken ct, int seconds = 30)
    {
        for (var deadline = DateTimeOffset.UtcNow.AddSeconds(seconds); !await condition();)
        {
            Assert.True(DateTimeOffset.UtcNow < deadline, $"It never came to {what()}.");
            await Task.Delay(20, ct);
        }
    }
}
