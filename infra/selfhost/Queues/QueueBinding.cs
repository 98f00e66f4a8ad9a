using System.Text;
using System.Text.Json;
using Azure.Storage.Queues.Models;

namespace Atp.SelfHost.Queues;

/// <summary>Turns a message into the trigger's parameter, and what is known of it into binding data.</summary>
internal static class QueueBinding
{
    public static IReadOnlySet<string> Names { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        "QueueTrigger", "DequeueCount", "ExpirationTime", "Id", "InsertionTime", "NextVisibleTime", "PopReceipt",
    };

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <exception cref="FormatException">The encoding is base64, and the body isn't.</exception>
    public static byte[] Decode(QueueMessage message, bool isBase64) =>
        isBase64 ? Convert.FromBase64String(message.Body.ToString()) : message.Body.ToArray();

    /// <exception cref="JsonException">The body isn't the JSON of the parameter's type.</exception>
    public static object? Bind(Type type, QueueMessage message, byte[] body) =>
        type == typeof(string) ? Encoding.UTF8.GetString(body)
        : type == typeof(byte[]) ? body
        : type == typeof(BinaryData) ? new BinaryData(body)
        : type == typeof(QueueMessage) ? message
        : JsonSerializer.Deserialize(body, type, Json);

    public static Dictionary<string, object?> Data(QueueMessage message, byte[] body) => new(StringComparer.OrdinalIgnoreCase)
    {
        ["QueueTrigger"] = Encoding.UTF8.GetString(body),
        ["DequeueCount"] = message.DequeueCount,
        ["ExpirationTime"] = message.ExpiresOn,
        ["Id"] = message.MessageId,
        ["InsertionTime"] = message.InsertedOn,
        ["NextVisibleTime"] = message.NextVisibleOn,
        ["PopReceipt"] = message.PopReceipt,
    };
}
