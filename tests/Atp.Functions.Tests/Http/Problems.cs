using System.Net;
using System.Text.Json.Nodes;

namespace Atp.Functions.Tests.Http;

/// <summary>What every problem answer must be like.</summary>
internal static class Problems
{
    /// <summary>Checks status, form and code, and gives the body for more.</summary>
    public static async Task<JsonObject> ProblemAsync(this HttpResponseMessage answer, HttpStatusCode status, string code, string? field = null)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(status == answer.StatusCode, $"{(int)answer.StatusCode}, expected {(int)status}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = JsonNode.Parse(text)!.AsObject();
        Assert.Equal(code, (string?)problem["code"]);
        Assert.Equal($"urn:atp:problem:{code}", (string?)problem["type"]);
        Assert.Equal((int)status, (int?)problem["status"]);
        Assert.Equal(answer.RequestMessage!.RequestUri!.AbsolutePath, (string?)problem["instance"]);
        Assert.False(string.IsNullOrWhiteSpace((string?)problem["title"]));
        Assert.False(string.IsNullOrWhiteSpace((string?)problem["detail"]));
        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", (string?)problem["traceId"]);
        if (field is not null)
        {
            Assert.True(problem["errors"]?.AsObject().ContainsKey(field), $"'{field}' isn't among the errors: {text}");
        }

        return problem;
    }
}
