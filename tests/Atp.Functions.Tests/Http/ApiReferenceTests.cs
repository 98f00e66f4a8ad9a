using System.Net;
using System.Text.RegularExpressions;

namespace Atp.Functions.Tests.Http;

/// <summary>The page that shows the API: all of it from here, and nothing else reached from it.</summary>
public sealed partial class ApiReferenceTests(TestStack stack)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_page_and_all_that_it_names_come_from_here_under_a_strict_policy()
    {
        await using var host = await AtpHost.StartAsync(stack);
        using var anybody = host.Anonymous();
        using var page = await anybody.GetAsync("/api/docs", Stop);
        var html = await page.Content.ReadAsStringAsync(Stop);

        Assert.Equal("text/html", page.Content.Headers.ContentType!.MediaType);
        var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'; script-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
        Assert.Empty(InlineScript().Matches(html));
        var named = Named().Matches(html).Select(m => m.Groups[1].Value).Where(address => address != "data:,").ToList();
        Assert.Equal(["docs/swagger-ui.css", "docs/swagger-ui-bundle.js", "docs/start.js", "openapi.json"], named);
        foreach (var address in named)
        {
            using var file = await anybody.GetAsync($"/api/{address}", Stop);
            Assert.Equal(HttpStatusCode.OK, file.StatusCode);
            Assert.Equal(address.EndsWith(".css", StringComparison.Ordinal) ? "text/css"
                : address.EndsWith(".js", StringComparison.Ordinal) ? "text/javascript"
                : "application/json", file.Content.Headers.ContentType!.MediaType);
        }
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

    [GeneratedRegex("(?:href|src)=\"([^\"]*)\"")]
    private static partial Regex Named();

    [GeneratedRegex("<script(?![^>]*src=)|\\son[a-z]+=")]
    private static partial Regex InlineScript();
}
