using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;
using NJsonSchema;

namespace Atp.Functions.Tests.Http;

/// <summary>functions/openapi.yaml, read once, and what it says of an answer.</summary>
internal sealed partial class ApiDescription
{
    private static readonly Lazy<Task<ApiDescription>> Document = new(ReadAsync);
    private readonly List<(HttpMethod Method, Regex Path, OpenApiOperation Operation)> operations;
    private readonly JsonSchema schemas;

    private ApiDescription(ReadResult result, string json, JsonSchema schemas)
    {
        (Result, Json, this.schemas) = (result, json, schemas);

        // What is written out goes before a parameter.
        operations = [.. Operations.OrderBy(o => o.Path.Count(c => c == '{'))
            .Select(o => (o.Method, PatternOf(o.Path), o.Operation))];
    }

    public ReadResult Result { get; }

    /// <summary>The document as JSON.</summary>
    public string Json { get; }

    public IEnumerable<(HttpMethod Method, string Path, OpenApiOperation Operation)> Operations =>
        from path in Result.Document!.Paths
        from operation in path.Value.Operations!
        select (operation.Key, path.Key, operation.Value);

    public static Task<ApiDescription> GetAsync() => Document.Value;

    /// <summary>The operation that an address is of; null when the document has none.</summary>
    public OpenApiOperation? Find(HttpMethod method, string path) =>
        operations.Where(o => o.Method == method && o.Path.IsMatch(path)).Select(o => o.Operation).FirstOrDefault();

    /// <summary>What of an answer the document doesn't say, or says otherwise.</summary>
    public IEnumerable<string> Complaints(OpenApiOperation operation, HttpResponseMessage answer, byte[] body)
    {
        var status = ((int)answer.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (operation.Responses?.TryGetValue(status, out var described) is not true)
        {
            return [$"it does not answer {status}"];
        }

        var headers = (described!.Headers ?? new Dictionary<string, IOpenApiHeader>())
            .Where(h => h.Value.Required && !Has(answer.Headers, h.Key)).Select(h => $"{status} has the header {h.Key}");
        return headers.Concat(ComplaintsOfContent(status, described.Content, answer.Content.Headers.ContentType?.MediaType, body));
    }

    private static bool Has(HttpResponseHeaders headers, string name) => headers.NonValidated.Contains(name);

    private IEnumerable<string> ComplaintsOfContent(
        string status, IDictionary<string, IOpenApiMediaType>? content, string? contentType, byte[] body)
    {
        if (content is not { Count: > 0 })
        {
            return body.Length == 0 ? [] : [$"{status} has no body"];
        }

        if (contentType is null || !content.TryGetValue(contentType, out var described))
        {
            return [$"{status} is no {contentType ?? "nothing"}"];
        }

        // The names of schemas stand in the document itself, so that each is compiled once, with all others.
        return described.Schema switch
        {
            null => [],
            OpenApiSchemaReference { Reference.Id: { } name } => schemas.Definitions[name].Validate(System.Text.Encoding.UTF8.GetString(body))
                .Select(error => $"{status} is a {name}, and not so: {error}"),
            _ => [$"{status} has a schema without a name"],
        };
    }

    private static Regex PatternOf(string path) => new(
        "^/api" + Parameter().Replace(Regex.Escape(path).Replace(@"\{", "{", StringComparison.Ordinal), "[^/]+") + "/?$",
        RegexOptions.IgnoreCase | RegexOptions.Compiled);

    private static async Task<ApiDescription> ReadAsync()
    {
        await using var yaml = typeof(AtpFunctions).Assembly.GetManifestResourceStream("openapi.yaml")!;
        var settings = new OpenApiReaderSettings();
        settings.AddYamlReader();
        var result = await OpenApiDocument.LoadAsync(yaml, OpenApiConstants.Yaml, settings);
        var json = await result.Document!.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1);
        var definitions = JsonNode.Parse(json)!["components"]!["schemas"]!.ToJsonString()
            .Replace("#/components/schemas/", "#/definitions/", StringComparison.Ordinal);
        return new ApiDescription(result, json, await JsonSchema.FromJsonAsync($$"""{"definitions":{{definitions}}}"""));
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Parameter();
}
