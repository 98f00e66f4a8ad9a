using System.Net;

namespace Atp.Functions.Tests.Http;

/// <summary>The page that shows the API: all of it from here, and nothing else reached from it.</summary>
public sealed class ApiReferenceTests(TestStack stack)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_page_and_all_that_it_names_come_from_here_under_a_strict_policy()
    {
        await using var host = await AtpHost.StartAsync(stack);
        using var anybody = host.Anonymous();

        Assert.Equal(["docs/swagger-ui.css", "docs/swagger-ui-bundle.js", "docs/start.js", "openapi.json"], await PageSource.FilesOfAsync(anybody, "/api/docs", Stop));

        using var page = await anybody.GetAsync("/api/docs", Stop);
        var policy = page.Policy();
        Assert.Equal(("'none'", "'self'"), (policy["default-src"], policy["script-src"]));
        Assert.DoesNotContain(policy.Values, sources => sources.Contains("http", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("nothing.js")]
    [InlineData("..%2Fopenapi.yaml")]
    [InlineData("openapi.yaml")]
    public async Task Only_files_of_the_page_are_there(string file)
    {
        await using var host = await AtpHost.StartAsync(stack);
        using var anybody = host.Anonymous();

        await (await anybody.GetAsync($"/api/docs/{file}", Stop)).ProblemAsync(HttpStatusCode.NotFound, "file.not-found");
    }
}
