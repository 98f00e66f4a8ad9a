using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Atp.SelfHost.Hosting;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;

namespace Atp.SelfHost;

/// <summary>
/// A function as a host finds it: what starts it, and how. In one form for both hosts, so that functions/functions.json can be compared
/// with either. What doesn't apply to a trigger is null.
/// </summary>
public sealed record FunctionDescription
{
    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    public required string Name { get; init; }

    /// <summary>Namespace, class and method.</summary>
    public required string EntryPoint { get; init; }

    /// <summary><c>httpTrigger</c>, <c>queueTrigger</c> or <c>timerTrigger</c>.</summary>
    public required string Trigger { get; init; }

    /// <summary>The trigger's parameter.</summary>
    public required string Parameter { get; init; }

    public string? AuthLevel { get; init; }

    public IReadOnlyList<string>? Methods { get; init; }

    public string? Route { get; init; }

    public string? QueueName { get; init; }

    /// <summary>The setting that names the account; null is the host's own.</summary>
    public string? Connection { get; init; }

    /// <summary><c>Binary</c> or <c>String</c>; null where a message is JSON.</summary>
    public string? DataType { get; init; }

    public string? Schedule { get; init; }

    public bool? UseMonitor { get; init; }

    public bool? RunOnStartup { get; init; }

    /// <summary>What the self-host derives from the attributes.</summary>
    /// <exception cref="InvalidOperationException">Names every function that is misdeclared, and why.</exception>
    public static IEnumerable<FunctionDescription> Of(IEnumerable<Type> types, IConfiguration configuration) =>
        FunctionCatalog.Find(types, configuration).Select(Of);

    /// <summary>The text of functions.json: by name, one form.</summary>
    public static string Write(IEnumerable<FunctionDescription> functions) =>
        JsonSerializer.Serialize(functions.OrderBy(f => f.Name, StringComparer.Ordinal), Form) + "\n";

    private static FunctionDescription Of(Function function)
    {
        var found = new FunctionDescription
        {
            Name = function.Name,
            EntryPoint = function.EntryPoint,
            Trigger = function.InputBindings.Values.Single().Type,
            Parameter = function.TriggerParameter.Name!,
        };
        return function.Trigger switch
        {
            HttpTriggerAttribute http => found with { AuthLevel = http.AuthLevel.ToString(), Methods = http.Methods, Route = http.Route },
            QueueTriggerAttribute queue => found with
            {
                QueueName = queue.QueueName,
                Connection = queue.Connection,
                DataType = function.TriggerParameter.ParameterType == typeof(byte[]) ? "Binary"
                    : function.TriggerParameter.ParameterType == typeof(string) ? "String" : null,
            },
            TimerTriggerAttribute timer => found with
            {
                Schedule = timer.Schedule,
                UseMonitor = timer.UseMonitor,
                RunOnStartup = timer.RunOnStartup,
            },
            _ => found,
        };
    }
}
