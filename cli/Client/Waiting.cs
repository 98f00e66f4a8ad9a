namespace Atp.Cli.Client;

/// <summary>Asks again until something is so.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <param name="ask">One look at it.</param>
    /// <param name="isDone">Whether that is the end.</param>
    /// <param name="describe">What was waited for and how far it was, for the error.</param>
    /// <param name="within">How long to wait at most.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="CommandException">When the time is over.</exception>
    public static async Task<T> UntilAsync<T>(
        Func<Task<T>> ask, Func<T, bool> isDone, Func<T, string> describe, TimeSpan within, CancellationToken ct)
    {
        var clock = TimeProvider.System;
        var start = clock.GetTimestamp();
        while (true)
        {
            var answer = await ask();
            if (isDone(answer))
            {
                return answer;
            }

            if (clock.GetElapsedTime(start) > within)
            {
                throw new CommandException(
                    $"Gave up after {within.TotalSeconds:F0} s: {describe(answer)}. The service's log says what holds it up.");
            }

            await Task.Delay(Interval, ct);
        }
    }
}
