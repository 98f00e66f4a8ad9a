using System.Globalization;
using System.Security.Cryptography;
using Atp.Core.Audit;
using Atp.Core.Errors;
using Atp.Core.Requests;
using Atp.Core.Storage;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;

namespace Atp.Core.Poison;

/// <summary>
/// The messages that were given up: looked at, put back once the cause is gone, or deleted. A message is sent before it is deleted, so
/// that a crash in between repeats it and loses nothing; every queue function takes a repeat.
/// </summary>
public sealed class PoisonQueues(StorageClients storage, QueueLengths lengths, AuditTrail audit)
{
    /// <summary>Storage shows and gives no more in one call.</summary>
    public const int MostShown = 32;

    /// <summary>Of one request.</summary>
    public const int MostAtOnce = 1000;

    private const int AtATime = 8;

    /// <summary>How long nobody else sees a message that is being moved, and so how long a crash keeps it out of sight.</summary>
    public TimeSpan Hold { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Every work queue, and how many messages its poison queue holds.</summary>
    public Task<IReadOnlyList<QueueLength>> ListAsync(CancellationToken ct) => lengths.ReadAsync(ct);

    /// <summary>The first so many messages, and about how many there are; they stay where they are.</summary>
    /// <exception cref="DomainException">There is no such queue.</exception>
    public async Task<(IReadOnlyList<PoisonMessage> Messages, int Length)> ShowAsync(string queue, CancellationToken ct)
    {
        var poison = PoisonOf(queue);
        var peeked = (await poison.PeekMessagesAsync(MostShown, ct)).Value;
        return ([.. peeked.Select(message => Read(queue, message))], await LengthAsync(poison, ct));
    }

    /// <summary>Puts messages back on the queue that they came from.</summary>
    /// <exception cref="DomainException">There is no such queue; or it isn't said which messages.</exception>
    public Task<PoisonChange> ReplayAsync(string queue, PoisonSelection selection, Caller caller, CancellationToken ct)
    {
        var work = storage.Queue(Known(queue));
        return ChangeAsync(queue, selection, "poison.replay", caller, message => work.SendMessageAsync(message.Body, cancellationToken: ct), ct);
    }

    /// <summary>Deletes messages for good.</summary>
    /// <exception cref="DomainException">There is no such queue; or it isn't said which messages.</exception>
    public Task<PoisonChange> DiscardAsync(string queue, PoisonSelection selection, Caller caller, CancellationToken ct) =>
        ChangeAsync(Known(queue), selection, "poison.discard", caller, _ => Task.CompletedTask, ct);

    private Task<PoisonChange> ChangeAsync(
        string queue, PoisonSelection selection, string action, Caller caller, Func<QueueMessage, Task> beforeDelete, CancellationToken ct)
    {
        Check(selection);
        return audit.ChangeAsync(caller, action, queue, async () =>
        {
            var poison = PoisonOf(queue);
            var done = await TakeAsync(poison, selection, beforeDelete, ct);
            return (new PoisonChange(done, await LengthAsync(poison, ct)), string.Create(CultureInfo.InvariantCulture, $"{done} messages"));
        }, ct);
    }

    /// <returns>How many.</returns>
    private async Task<int> TakeAsync(QueueClient poison, PoisonSelection selection, Func<QueueMessage, Task> beforeDelete, CancellationToken ct)
    {
        var wanted = selection.MessageIds?.ToHashSet();
        var most = wanted?.Count ?? selection.Max!.Value;
        var others = new List<QueueMessage>();
        var done = 0;
        while (done < most && others.Count < MostAtOnce)
        {
            var taken = (await poison.ReceiveMessagesAsync(wanted is null ? Math.Min(MostShown, most - done) : MostShown, Hold, ct)).Value;
            if (taken.Length == 0)
            {
                break;
            }

            var chosen = taken.Where(message => wanted is null || wanted.Contains(message.MessageId)).ToList();
            others.AddRange(taken.Except(chosen));
            await ForAllAsync(chosen, async message =>
            {
                await beforeDelete(message);
                await UnlessGoneAsync(() => poison.DeleteMessageAsync(message.MessageId, message.PopReceipt, ct));
            }, ct);
            done += chosen.Count;
        }

        await ForAllAsync(others, message => UnlessGoneAsync(() =>
            poison.UpdateMessageAsync(message.MessageId, message.PopReceipt, visibilityTimeout: TimeSpan.Zero, cancellationToken: ct)), ct);
        return done;
    }

    private static Task ForAllAsync(List<QueueMessage> messages, Func<QueueMessage, Task> each, CancellationToken ct) =>
        Parallel.ForEachAsync(messages, new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = ct },
            async (message, _) => await each(message));

    /// <summary>Somebody else has taken the message, since the hold on it ended: it is theirs.</summary>
    private static async Task UnlessGoneAsync<T>(Func<Task<T>> settle)
    {
        try
        {
            await settle();
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
        }
    }

    private static void Check(PoisonSelection selection)
    {
        if ((selection.Max is null) == (selection.MessageIds is null))
        {
            throw DomainError.Field("max", "poison.selection-missing", "Say how many messages, in max, or which, in messageIds.").ToException();
        }

        if (selection.Max is < 1 or > MostAtOnce)
        {
            throw DomainError.Field("max", "poison.max-invalid", string.Create(CultureInfo.InvariantCulture,
                $"At most {MostAtOnce:N0} messages, and at least one.")).ToException();
        }

        if (selection.MessageIds is { Count: 0 or > MostShown })
        {
            throw DomainError.Field("messageIds", "poison.ids-invalid", $"Name 1 to {MostShown} messages by their ids.").ToException();
        }
    }

    private static PoisonMessage Read(string queue, PeekedMessage message)
    {
        var body = message.Body.ToMemory();
        return new PoisonMessage(message.MessageId, message.InsertedOn!.Value, message.ExpiresOn!.Value, message.DequeueCount, body.Length,
            Convert.ToHexStringLower(SHA256.HashData(body.Span)), PoisonReader.Read(queue, body));
    }

    private static async Task<int> LengthAsync(QueueClient queue, CancellationToken ct) =>
        (await queue.GetPropertiesAsync(ct)).Value.ApproximateMessagesCount;

    private QueueClient PoisonOf(string queue) => storage.Queue(Known(queue) + Queues.PoisonSuffix);

    private static string Known(string queue) => Queues.All.Contains(queue) ? queue : throw DomainError.NotFound("poison.queue-not-found",
        $"There is no such queue. The queues are {string.Join(", ", Queues.All)}.").ToException();
}
