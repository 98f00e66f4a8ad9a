using System.Net;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Atp.Functions.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.OpenApi;

namespace Atp.Functions.Tests.Http;

/// <summary>functions/openapi.yaml is whole and true. Every other test holds the answers against it: <see cref="DescribedAnswers"/>.</summary>
public sealed partial class OpenApiTests(TestStack stack)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_document_is_one()
    {
        var diagnostic = (await ApiDescription.GetAsync()).Result.Diagnostic!;

        Assert.Empty(diagnostic.Errors);
        Assert.Empty(diagnostic.Warnings);
    }

    [Fact]
    public async Task Every_function_is_an_operation_and_every_operation_a_function()
    {
        var api = await ApiDescription.GetAsync();

        Assert.Equal(
            DeclaredAccessTests.HttpFunctions.SelectMany(m => TriggerOf(m).Methods!.Select(method =>
                $"{method.ToUpperInvariant()} /{Constraint().Replace(TriggerOf(m).Route!, "}")} {NameOf(m)}")).Order(),
            api.Operations.Select(o => $"{o.Method} {o.Path} {o.Operation.OperationId}").Order());
    }

    [Fact]
    public async Task Every_operation_names_who_may_call_it()
    {
        var operations = (await ApiDescription.GetAsync()).Operations.ToDictionary(o => o.Operation.OperationId!, o => o.Operation);

        Assert.All(DeclaredAccessTests.HttpFunctions, function =>
        {
            var operation = operations[NameOf(function)];
            var (scheme, roles) = function.GetCustomAttribute<AccessAttribute>() switch
            {
                AdministratorAccessAttribute access => ("administrator", access.Roles),
                DeviceAccessAttribute => ("device", []),
                _ => (null, []),
            };
            Assert.Equal(scheme is null ? [] : [scheme], operation.Security!.SelectMany(s => s.Keys).Select(s => s.Reference.Id!));
            Assert.Equal(roles, Role().Matches(operation.Description!).Select(m => m.Value));
            Assert.True(operation.Responses!.ContainsKey("401") == scheme is not null, $"{operation.OperationId} and 401");
        });
    }

    [Fact]
    public async Task Every_operation_may_answer_that_it_is_asked_too_often() => Assert.All((await ApiDescription.GetAsync()).Operations, o =>
        Assert.True(o.Operation.Responses!.TryGetValue("429", out var answer) && answer.Headers!.ContainsKey("Retry-After"), o.Operation.OperationId));

    [Fact]
    public async Task Every_answer_in_json_has_a_closed_schema()
    {
        var document = (await ApiDescription.GetAsync()).Result.Document!;

        Assert.Empty(document.Components!.Schemas!
            .Where(s => s.Value is { Type: JsonSchemaType.Object, AdditionalPropertiesAllowed: true } && s.Key != "Document").Select(s => s.Key));
    }

    [Fact]
    public async Task It_is_served_to_anybody()
    {
        await using var host = await AtpHost.StartAsync(stack);
        using var anybody = host.Anonymous();

        using var answer = await anybody.GetAsync("/api/openapi.json", Stop);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        var api = await ApiDescription.GetAsync();
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(api.Json), JsonNode.Parse(await answer.Content.ReadAsStringAsync(Stop))));
    }

    /// <summary>Else nothing that the other tests see would mean anything.</summary>
    [Theory]
    [InlineData(200, "application/json", """{"id":"1","asOf":"2026-01-01T00:00:00+00:00","state":"Running","shardsDone":0}""", null)]
    [InlineData(200, "application/json", """{"id":"1","asOf":"2026-01-01T00:00:00+00:00","state":"Running","shardsDone":0,"more":1}""", "NoAdditionalPropertiesAllowed")]
    [InlineData(200, "application/json", """{"id":"1","asOf":"2026-01-01T00:00:00+00:00","state":"Running"}""", "PropertyRequired")]
    [InlineData(200, "application/json", """{"id":"1","asOf":"2026-01-01T00:00:00+00:00","state":"Resting","shardsDone":0}""", "NotInEnumeration")]
    [InlineData(200, "application/json", """{"id":"1","asOf":"yesterday","state":"Running","shardsDone":0}""", "DateTimeExpected")]
    [InlineData(200, "application/json", """{"id":"1","asOf":null,"state":"Running","shardsDone":0}""", "StringExpected")]
    [InlineData(200, "text/plain", "all is well", "text/plain")]
    [InlineData(201, "application/json", "{}", "does not answer 201")]
    [InlineData(401, "application/problem+json", """{"type":"t","title":"t","status":401,"detail":"d","instance":"i","code":"a.b","traceId":"t"}""", "WWW-Authenticate")]
    [InlineData(404, "application/problem+json", """{"code":"rollup.not-found"}""", "PropertyRequired")]
    [InlineData(500, "text/plain", "stack", "no body")]
    public async Task An_answer_that_it_does_not_describe_is_told(int status, string contentType, string body, string? complaint)
    {
        var api = await ApiDescription.GetAsync();
        using var answer = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, contentType) };

        var complaints = api.Complaints(api.Find(HttpMethod.Get, "/api/health/rollups/1")!, answer, Encoding.UTF8.GetBytes(body)).ToList();

        if (complaint is null)
        {
            Assert.Empty(complaints);
        }
        else
        {
            Assert.Contains(complaint, string.Join('\n', complaints), StringComparison.Ordinal);
        }
    }

    private static HttpTriggerAttribute TriggerOf(MethodInfo method) =>
        method.GetParameters().Select(p => p.GetCustomAttribute<HttpTriggerAttribute>()).Single(t => t is not null)!;

    private static string NameOf(MethodInfo method) =>
        System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(method.GetCustomAttribute<FunctionAttribute>()!.Name);

    /// <summary>The type in a route's parameter: the document has it as the parameter's schema.</summary>
    [GeneratedRegex(@":\w+\}")]
    private static partial Regex Constraint();

    [GeneratedRegex(@"[A-Z]\w+\.(Read|ReadWrite)\b")]
    private static partial Regex Role();
}
