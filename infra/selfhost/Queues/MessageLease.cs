using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Microsoft.Extensions.Logging;

namespace Atp.SelfHost.Queues;

/// <summary>Keeps a running message invisible: renews at half the time, and knows the receipt that settles it.</summary>
internal sealed partial class MessageLease : IAsyncDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly Task renewing;
    private string receipt;

    public MessageLease(QueueClient queue, QueueMessage message, TimeSpan invisibility, TimeProvider clock, ILogger log)
    {
        receipt = message.PopReceipt;
        renewing = RenewAsync(queue, message.MessageId, invisibility, clock, log);
    }

    /// <summary>Ends the renewal.</summary>
    /// <returns>The newest receipt.</returns>
    public async Task<string> StopAsync()
    {
        await stopping.CancelAsync();
        await renewing;
        return receipt;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        stopping.Dispose();
    }

    private async Task RenewAsync(QueueClient queue, string messageId, TimeSpan invisibility, TimeProvider clock, ILogger log)
    {
        while (true)
        {
            try
            {
                await Task.Delay(invisibility / 2, clock, stopping.Token);
                // Not cancelled half way: the answer carries the receipt that counts from then on.
                receipt = (await queue.UpdateMessageAsync(messageId, receipt, visibilityTimeout: invisibility, cancellationToken: CancellationToken.None)).Value.PopReceipt;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e)
            {
                RenewalFailed(log, e, messageId, queue.Name);
                if (e is RequestFailedException { Status: 404 })
                {
                    return; // somebody else has it by now
                }
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Message {MessageId} of {Queue} could not be kept invisible")]
    private static partial void RenewalFailed(ILogger log, Exception exception, string messageId, string queue);
}
