using Atp.SelfHost.Hosting;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Microsoft.Extensions.Logging;

namespace Atp.SelfHost.Queues;

/// <summary>
/// Polls one queue for one function: takes batches, renews what runs long, gives failures back after a while, and poisons what
/// failed too often. On stop it takes no more, lets what runs finish, and gives untouched messages back at once.
/// </summary>
internal sealed partial class QueueListener(
    Function function, QueueClient queue, QueueClient? poison, QueueSettings settings, FunctionInvoker invoker, TimeProvider clock, ILogger log) : IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationTokenSource aborting = new();
    private readonly SemaphoreSlim finished = new(0);
    private readonly Lock counting = new();
    private readonly List<Task> running = [];
    private Task polling = Task.CompletedTask;

    public void Start() => polling = Task.Run(PollAsync);

    /// <param name="ct">When the host's patience ends: running functions are cancelled then.</param>
    public async Task StopAsync(CancellationToken ct)
    {
        await stopping.CancelAsync();
        await polling;
        Task[] rest;
        lock (counting)
        {
            rest = [.. running];
        }

        await using var impatience = ct.Register(() => aborting.Cancel());
        await Task.WhenAll(rest);
    }

    public void Dispose()
    {
        finished.Dispose();
        stopping.Dispose();
        aborting.Dispose();
    }

    private async Task PollAsync()
    {
        var backOff = new BackOff(settings.MaxPollingInterval);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var messages = (await queue.ReceiveMessagesAsync(settings.BatchSize, settings.Invisibility, stopping.Token)).Value;
                if (stopping.IsCancellationRequested)
                {
                    await GiveBackAsync(messages);
                    return;
                }

                foreach (var message in messages)
                {
                    Run(message);
                }

                await WaitAsync(messages.Length > 0 ? backOff.Reset() : backOff.Next());
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Whatever storage or the network came up with, polling goes on. A queue that isn't there yet is only polled.
                if (e is not RequestFailedException { Status: 404 })
                {
                    PollFailed(e, queue.Name);
                }

                await WaitAsync(backOff.Next());
            }
        }
    }

    /// <summary>Until there is room for another batch, and for the pause when the queue was empty.</summary>
    private async Task WaitAsync(TimeSpan pause)
    {
        try
        {
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, clock, stopping.Token);
            }

            while (Running() > settings.NewBatchThreshold)
            {
                await finished.WaitAsync(stopping.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The loop sees it.
        }
    }

    private int Running()
    {
        lock (counting)
        {
            return running.Count;
        }
    }

    private void Run(QueueMessage message)
    {
        var run = new Task<Task>(() => HandleAsync(message));
        var whole = run.Unwrap();
        lock (counting)
        {
            running.Add(whole);
        }

        _ = whole.ContinueWith(_ =>
        {
            lock (counting)
            {
                running.Remove(whole);
            }

            finished.Release();
        }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        run.Start(TaskScheduler.Default);
    }

    private async Task HandleAsync(QueueMessage message)
    {
        try
        {
            if (message.DequeueCount > settings.MaxDequeueCount)
            {
                await PoisonAsync(message, message.PopReceipt);
                return;
            }

            if (Decode(message) is not { } body)
            {
                await PoisonAsync(message, message.PopReceipt);
                return;
            }

            await using var lease = new MessageLease(queue, message, settings.Invisibility, clock, log);
            var succeeded = await InvokeAsync(message, body);
            var receipt = await lease.StopAsync();
            if (succeeded)
            {
                await queue.DeleteMessageAsync(message.MessageId, receipt);
            }
            else if (aborting.IsCancellationRequested)
            {
                await queue.UpdateMessageAsync(message.MessageId, receipt, visibilityTimeout: TimeSpan.Zero);
            }
            else if (message.DequeueCount >= settings.MaxDequeueCount)
            {
                await PoisonAsync(message, receipt);
            }
            else
            {
                await queue.UpdateMessageAsync(message.MessageId, receipt, visibilityTimeout: settings.VisibilityTimeout);
            }
        }
        catch (Exception e)
        {
            // Storage failed. The message becomes visible again by itself; at least once is the rule.
            SettleFailed(e, message.MessageId, queue.Name);
        }
    }

    /// <returns>Null when the encoding is base64, and the body isn't.</returns>
    private byte[]? Decode(QueueMessage message)
    {
        try
        {
            return QueueBinding.Decode(message, settings.IsBase64);
        }
        catch (FormatException)
        {
            NotBase64(message.MessageId, queue.Name);
            return null;
        }
    }

    private async Task<bool> InvokeAsync(QueueMessage message, byte[] body)
    {
        try
        {
            var value = QueueBinding.Bind(function.TriggerParameter.ParameterType, message, body);
            await invoker.InvokeAsync(function, value, QueueBinding.Data(message, body), null, aborting.Token);
            return true;
        }
        catch (System.Text.Json.JsonException)
        {
            // The exception's text could quote the body.
            NotBindable(message.MessageId, queue.Name, function.TriggerParameter.ParameterType.Name);
            return false;
        }
        catch (Exception)
        {
            // The invoker has logged it; the message comes again.
            return false;
        }
    }

    private async Task PoisonAsync(QueueMessage message, string receipt)
    {
        if (poison is not null)
        {
            await poison.CreateIfNotExistsAsync();
            await poison.SendMessageAsync(message.Body);
            Poisoned(message.MessageId, poison.Name);
        }

        await queue.DeleteMessageAsync(message.MessageId, receipt);
    }

    private async Task GiveBackAsync(QueueMessage[] messages)
    {
        foreach (var message in messages)
        {
            await queue.UpdateMessageAsync(message.MessageId, message.PopReceipt, visibilityTimeout: TimeSpan.Zero);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Polling {Queue} failed; it is tried again")]
    private partial void PollFailed(Exception exception, string queue);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Message {MessageId} of {Queue} could not be settled; it comes again")]
    private partial void SettleFailed(Exception exception, string messageId, string queue);

    [LoggerMessage(Level = LogLevel.Error, Message = "Message {MessageId} was moved to {Poison}")]
    private partial void Poisoned(string messageId, string poison);

    [LoggerMessage(Level = LogLevel.Error, Message = "Message {MessageId} of {Queue} is not base64")]
    private partial void NotBase64(string messageId, string queue);

    [LoggerMessage(Level = LogLevel.Error, Message = "Message {MessageId} of {Queue} is not the JSON of a {Type}")]
    private partial void NotBindable(string messageId, string queue, string type);
}
