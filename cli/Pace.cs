namespace Atp.Cli;

/// <summary>
/// How fast something goes, by its last half minute: what a slow start or a pause took says nothing about what is still to come.
/// </summary>
internal sealed class Pace
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    /// <summary>Looked at for less, a rate is an accident.</summary>
    private static readonly TimeSpan Meaningful = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(400);

    private readonly Queue<Sight> seen = new();
    private Sight last;

    /// <summary>Things a second; null until that is meaningful.</summary>
    public double? PerSecond => Rate(sight => sight.Amount);

    /// <param name="at">Since any moment, the same for all calls.</param>
    /// <param name="done">How far the work is.</param>
    /// <param name="amount">How many things that was.</param>
    public void Look(TimeSpan at, long done, long amount)
    {
        if (done < last.Done || last.Amount == 0)
        {
            seen.Clear(); // it began, or began again: the wait before is no part of the pace
        }
        else if (seen.Count > 0 && at - last.At < Between)
        {
            return;
        }

        last = new Sight(at, done, amount);
        seen.Enqueue(last);
        while (at - seen.Peek().At > Window)
        {
            seen.Dequeue();
        }
    }

    /// <summary>Until all is done; null until that is meaningful, and while nothing moves.</summary>
    public TimeSpan? Left(long total) =>
        Rate(sight => sight.Done) is { } rate and > 0 && last.Done < total ? TimeSpan.FromSeconds((total - last.Done) / rate) : null;

    private double? Rate(Func<Sight, long> of) => seen.Count > 1 && last.At - seen.Peek().At is var time && time >= Meaningful
        ? (of(last) - of(seen.Peek())) / time.TotalSeconds
        : null;

    private readonly record struct Sight(TimeSpan At, long Done, long Amount);
}
