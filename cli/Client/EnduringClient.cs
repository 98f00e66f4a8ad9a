using System.Globalization;

namespace Atp.Cli.Client;

/// <summary>
/// Asks a server that may be restarted meanwhile. While it doesn't answer, fails, or refuses a token that can be had anew, it is asked
/// again, more and more rarely; that it refuses for what is asked ends it at once.
/// </summary>
/// <param name="first">What to ask first.</param>
/// <param name="reconnect">A client as of now: the address and the token may be others.</param>
/// <param name="patience">How long the server may be away at a time.</param>
/// <param name="note">Told what is waited for; null when it isn't any more.</param>
internal sealed class EnduringClient(AtpClient first, Func<AtpClient> reconnect, TimeSpan patience, Action<string?> note)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>Longer than the client itself waits when it asks too often.</summary>
    private static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(100);

    private readonly TimeProvider clock = TimeProvider.System;
    private AtpClient? client = first;

    /// <param name="ask">One or more calls that change nothing, or that may be made twice.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="ProblemException">The server refuses it.</exception>
    /// <exception cref="CommandException">The server was away for too long.</exception>
    public async Task<T> AskAsync<T>(Func<AtpClient, CancellationToken, Task<T>> ask, CancellationToken ct)
    {
        DateTimeOffset? since = null;
        var pause = FirstPause;
        string? refusedToken = null;
        while (true)
        {
            var reason = "";
            try
            {
                client ??= reconnect();
                if (refusedToken is not null && await client.TokenAsync(ct) == refusedToken)
                {
                    throw new CommandException("The token is not accepted any more, and there is no other. Give a fresh one.");
                }

                var answer = await AskOnceAsync(client, ask, ct);
                note(null);
                return answer;
            }
            catch (ProblemException e) when (e.Status == 401 && refusedToken is null)
            {
                refusedToken = await client!.TokenAsync(ct);
                client = null;
                continue;
            }
            catch (ProblemException e) when (e.Status >= 500)
            {
                (reason, refusedToken) = ($"it answers {e.Status}", null);
            }
            catch (Exception e) when (e is NoAnswerException || (client is null && e is CommandException))
            {
                (reason, refusedToken) = (e.Message, null);
            }

            since ??= clock.GetUtcNow();
            if (clock.GetUtcNow() - since > patience)
            {
                throw new CommandException($"Gave up: the server was away for {patience:g}. {reason}");
            }

            note(string.Create(CultureInfo.InvariantCulture,
                $"The server doesn't answer; still trying, since {TimeZoneInfo.ConvertTime(since.Value, clock.LocalTimeZone):HH:mm}"));
            client = null;
            await Task.Delay(pause, ct);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>Asks again and again until something is so.</summary>
    /// <param name="ask">One look at it.</param>
    /// <param name="isDone">Told of each answer; whether that is the end.</param>
    /// <param name="interval">Between two looks.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<T> UntilAsync<T>(Func<AtpClient, CancellationToken, Task<T>> ask, Func<T, bool> isDone, TimeSpan interval, CancellationToken ct)
    {
        while (true)
        {
            var answer = await AskAsync(ask, ct);
            if (isDone(answer))
            {
                return answer;
            }

            await Task.Delay(interval, ct);
        }
    }

    private static async Task<T> AskOnceAsync<T>(AtpClient client, Func<AtpClient, CancellationToken, Task<T>> ask, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(LongestCall);
        try
        {
            return await ask(client, patience.Token);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new NoAnswerException($"No answer within {LongestCall:g}.", e);
        }
    }
}
