using System.Text.Json;
using Atp.SelfHost;

namespace Atp.WorkerCheck;

/// <summary>The genuine worker's word for a function: a name, an entry point, and bindings as JSON.</summary>
internal static class PublishedFunctions
{
    /// <summary>What each trigger may say. Anything else would be lost in the comparison, so it is refused.</summary>
    private static readonly Dictionary<string, string[]> Known = new()
    {
        ["httpTrigger"] = ["authLevel", "methods", "route"],
        ["queueTrigger"] = ["queueName", "connection", "dataType"],
        ["timerTrigger"] = ["schedule", "useMonitor", "runOnStartup"],
    };

    /// <summary>functions.metadata of a published folder.</summary>
    public static IReadOnlyList<FunctionDescription> Read(string folder)
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "functions.metadata")));
        return
        [
            .. file.RootElement.EnumerateArray().Select(f => Of(
                f.GetProperty("name").GetString()!,
                f.GetProperty("entryPoint").GetString()!,
                f.GetProperty("bindings").EnumerateArray())),
        ];
    }

    /// <exception cref="CheckFailedException">A binding that the self-host has no word for.</exception>
    public static FunctionDescription Of(string name, string entryPoint, IEnumerable<JsonElement> bindings)
    {
        var triggers = new List<JsonElement>();
        foreach (var binding in bindings)
        {
            if (Text(binding, "direction") is "In")
            {
                triggers.Add(binding);
            }
            else if (Text(binding, "type") is not "http" || Text(binding, "name") is not "$return")
            {
                throw new CheckFailedException($"{name} has an output binding, {binding}: the self-host has none.");
            }
        }

        if (triggers is not [var trigger] || !Known.TryGetValue(Text(trigger, "type")!, out var known))
        {
            throw new CheckFailedException($"{name} isn't started by HTTP, a queue or a timer alone: {string.Join(", ", triggers)}.");
        }

        var unknown = trigger.EnumerateObject().Where(p => !known.Contains(p.Name) && p.Name is not ("name" or "type" or "direction"))
            .Where(p => p.Name != "properties" || p.Value.EnumerateObject().Any()).ToList();
        if (unknown.Count > 0)
        {
            throw new CheckFailedException($"{name}: the self-host has no word for {string.Join(", ", unknown)}.");
        }

        var isTimer = Text(trigger, "type") == "timerTrigger";
        return new FunctionDescription
        {
            Name = name,
            EntryPoint = entryPoint,
            Trigger = Text(trigger, "type")!,
            Parameter = Text(trigger, "name")!,
            AuthLevel = Text(trigger, "authLevel"),
            Methods = trigger.TryGetProperty("methods", out var methods) ? [.. methods.EnumerateArray().Select(m => m.GetString()!)] : null,
            Route = Text(trigger, "route"),
            QueueName = Text(trigger, "queueName"),
            Connection = Text(trigger, "connection"),
            DataType = Text(trigger, "dataType"),
            Schedule = Text(trigger, "schedule"),
            // The host's defaults, which the worker leaves out.
            UseMonitor = isTimer ? Flag(trigger, "useMonitor") ?? true : null,
            RunOnStartup = isTimer ? Flag(trigger, "runOnStartup") ?? false : null,
        };
    }

    private static string? Text(JsonElement binding, string name) => binding.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static bool? Flag(JsonElement binding, string name) => binding.TryGetProperty(name, out var value) ? value.GetBoolean() : null;
}
