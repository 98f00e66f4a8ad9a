using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace Atp.Functions.Http;

/// <summary>The description of the whole API: openapi.yaml, as JSON.</summary>
public static class GetOpenApiFunction
{
    private static readonly Lazy<Task<string>> Document = new(ReadAsync);

    [Function("GetOpenApi")]
    [PublicAccess]
    public static async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "openapi.json")] HttpRequest request, CancellationToken ct) =>
        TypedResults.Text(await Document.Value.WaitAsync(ct), "application/json");

    private static async Task<string> ReadAsync()
    {
        await using var yaml = typeof(GetOpenApiFunction).Assembly.GetManifestResourceStream("openapi.yaml")!;
        var settings = new OpenApiReaderSettings();
        settings.AddYamlReader();
        var result = await OpenApiDocument.LoadAsync(yaml, OpenApiConstants.Yaml, settings);
        return await result.Document!.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1);
    }
}
