namespace Atp.SelfHost.Queues;

/// <summary>How long to wait before an idle queue is asked again: from 100 ms, growing, with 20 % jitter, up to the maximum.</summary>
internal sealed class BackOff(TimeSpan maximum)
{
    private static readonly TimeSpan Minimum = TimeSpan.FromMilliseconds(100);
    private TimeSpan current = TimeSpan.Zero;

    /// <summary>There was a message: ask again at once.</summary>
    public TimeSpan Reset() => current = TimeSpan.Zero;

    public TimeSpan Next()
    {
        current = current == TimeSpan.Zero ? Minimum : current * 2;
        current = current > maximum ? maximum : current;
        return current * (0.8 + (0.4 * Random.Shared.NextDouble()));
    }
}
