using System.Diagnostics;
using System.Text.Json;

namespace Atp.Core.Storage;

/// <summary>A message between our own functions: names rows, never secrets or file content.</summary>
public abstract record Message
{
    /// <summary>That this build writes, and the only one that it reads.</summary>
    public const int Version = 1;

    /// <summary>The message's version. A build that doesn't know it leaves the message to one that does, or to the poison queue.</summary>
    /// <exception cref="JsonException">Another version.</exception>
    public int V
    {
        get;
        init => field = value == Version ? value : throw new JsonException($"This build reads messages of version {Version}, not {value}.");
    } = Version;

    /// <summary>W3C trace context of the sender.</summary>
    public string? Traceparent { get; init; } = Activity.Current?.Id;
}

/// <summary>Sends messages, after the rows that they speak of were written.</summary>
public sealed class MessageSender(StorageClients storage)
{
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web);

    public async Task SendAsync<T>(string queue, T message, CancellationToken ct)
        where T : Message =>
        await storage.Queue(queue).SendMessageAsync(JsonSerializer.Serialize(message, Json), ct);

    /// <summary>Several messages, eight at a time: a queue has no batches.</summary>
    public Task SendAllAsync<T>(string queue, IEnumerable<T> messages, CancellationToken ct)
        where T : Message =>
        Parallel.ForEachAsync(messages, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = ct },
            async (message, token) => await SendAsync(queue, message, token));
}
