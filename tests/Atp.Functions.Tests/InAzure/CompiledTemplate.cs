using System.Text.Json;
using System.Text.Json.Nodes;
using Atp.Functions.Tests.Docs;

namespace Atp.Functions.Tests.InAzure;

/// <summary>infra/azure as the compiler makes a template of it, once for all tests.</summary>
internal sealed class CompiledTemplate
{
    private static readonly Lazy<Task<CompiledTemplate>> Once = new(CompileAsync);

    private CompiledTemplate(string text, JsonObject parameters, string said)
    {
        Text = text;
        Main = JsonNode.Parse(text)!.AsObject();
        Values = parameters;
        Said = said;
        Resources = [.. Main["resources"]!.AsObject().SelectMany(ResourcesOf)];
    }

    public static string Folder { get; } = Path.Combine(Pages.Root, "infra", "azure");

    public string Text { get; }

    public JsonObject Main { get; }

    /// <summary>The parameters as main.bicepparam has them when nothing is set but what must be.</summary>
    public JsonObject Values { get; }

    /// <summary>Whatever the compiler and its linter had to say.</summary>
    public string Said { get; }

    /// <summary>All resources, by the module of main.bicep that has them; copies count once.</summary>
    public IReadOnlyList<(string Module, JsonObject Json)> Resources { get; }

    public static Task<CompiledTemplate> GetAsync() => Once.Value;

    public IEnumerable<(string Module, JsonObject Json)> OfType(string type) =>
        Resources.Where(resource => (string?)resource.Json["type"] == type);

    /// <summary>The module of main.bicep itself: its condition and the values of its parameters.</summary>
    public JsonObject Module(string name) => Main["resources"]![name]!.AsObject();

    /// <summary>A value of the JSON by its path, and null where nothing is.</summary>
    public static JsonNode? At(JsonNode json, string path) =>
        path.Split('.').Aggregate<string, JsonNode?>(json, (node, name) => node?[name]);

    /// <summary>The parameters of main.bicepparam with these values of the azd environment, and the template that they are for.</summary>
    public static async Task<(JsonObject Parameters, string Template, string Said)> BuildAsync(params (string Name, string Value)[] values)
    {
        var (result, said, _) = await Bicep.RunAsync(["build-params", "main.bicepparam", "--stdout"], values);
        Assert.True(result.Length > 0, said);
        using var built = JsonDocument.Parse(result);
        var parameters = JsonNode.Parse(built.RootElement.GetProperty("parametersJson").GetString()!)!["parameters"]!.AsObject();
        return (parameters, built.RootElement.GetProperty("templateJson").GetString()!, said);
    }

    private static async Task<CompiledTemplate> CompileAsync()
    {
        var (parameters, template, said) = await BuildAsync();
        return new CompiledTemplate(template, parameters, said);
    }

    private static IEnumerable<(string Module, JsonObject Json)> ResourcesOf(KeyValuePair<string, JsonNode?> resource) =>
        At(resource.Value!, "properties.template.resources") is JsonObject inner
            ? inner.SelectMany(ResourcesOf).Select(found => (resource.Key, found.Json))
            : (bool?)resource.Value!["existing"] == true ? [] : [("main", resource.Value.AsObject())];
}
