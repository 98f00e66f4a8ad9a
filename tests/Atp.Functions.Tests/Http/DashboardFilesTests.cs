using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;

namespace Atp.Functions.Tests.Http;

/// <summary>The dashboard page as a browser gets it: all of it from here, held to that by a strict policy, small, and sent once.</summary>
public sealed class DashboardFilesTests(TestStack stack)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_page_and_all_that_it_names_come_from_here_and_nothing_else_may_run()
    {
        await using var host = await AtpHost.StartAsync(stack);
        using var anybody = host.Anonymous();

        Assert.Equal(["dashboard.css", "dashboard.js"], await PageSource.FilesOfAsync(anybody, "/api/dashboard/", Stop));

        var issuer = new Uri(stack.Stack.Tokens.Issuer).GetLeftPart(UriPartial.Authority);
        foreach (var file in new[] { "", "dashboard.css", "dashboard.js", "dashboard.js.LEGAL.txt" })
        {
            using var answer = await anybody.GetAsync($"/api/dashboard/{file}", Stop);
            Assert.Equal(
                new Dictionary<string, string>
                {
                    ["default-src"] = "'none'",
                    ["script-src"] = "'self'",
                    ["style-src"] = "'self'",
                    ["img-src"] = "'self' data:",
                    ["connect-src"] = $"'self' {issuer}", // to sign in; the one other place that the page reaches
                    ["base-uri"] = "'none'",
                    ["form-action"] = "'none'",
                    ["frame-ancestors"] = "'none'",
                },
                answer.Policy());
            Assert.Equal("no-referrer", Assert.Single(answer.Headers.GetValues("Referrer-Policy")));
            Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("dashboard.css")]
    [InlineData("dashboard.js")]
    public async Task A_file_is_sent_compressed_to_who_takes_it_and_not_again_to_who_has_it(string file)
    {
        await using var host = await AtpHost.StartAsync(stack);
        using var anybody = host.Anonymous();
        var address = $"/api/dashboard/{file}";
        var plain = await anybody.GetByteArrayAsync(address, Stop);
        var tags = new List<EntityTagHeaderValue>();
        foreach (var encoding in new[] { "identity", "br, gzip" })
        {
            using var answer = await AskAsync(encoding, tag: null);
            var body = await answer.Content.ReadAsByteArrayAsync(Stop);

            Assert.True(answer.Headers.CacheControl!.NoCache); // asked for each time, so that a new build is there at once
            Assert.Equal(["Accept-Encoding"], answer.Headers.Vary);
            Assert.Equal(encoding == "identity" ? [] : ["gzip"], answer.Content.Headers.ContentEncoding);
            Assert.Equal(plain, encoding == "identity" ? body : Decompress(body));
            tags.Add(answer.Headers.ETag!);
            using var again = await AskAsync(encoding, answer.Headers.ETag);
            Assert.Equal((HttpStatusCode.NotModified, 0), (again.StatusCode, (await again.Content.ReadAsByteArrayAsync(Stop)).Length));
        }

        Assert.Equal(2, tags.Distinct().Count()); // other bytes, another tag
        using var other = await AskAsync("gzip", tags[0]);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);

        async Task<HttpResponseMessage> AskAsync(string encoding, EntityTagHeaderValue? tag)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.TryAddWithoutValidation("Accept-Encoding", encoding);
            if (tag is not null)
            {
                request.Headers.IfNoneMatch.Add(tag);
            }

            return await anybody.SendAsync(request, Stop);
        }
    }

    [Fact]
    public async Task Without_the_slash_at_its_end_the_address_leads_to_the_page()
    {
        await using var host = await AtpHost.StartAsync(stack);
        using var anybody = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = host.BaseAddress };

        using var answer = await anybody.GetAsync("/api/dashboard", Stop);

        Assert.Equal((HttpStatusCode.Found, "/api/dashboard/"), (answer.StatusCode, answer.Headers.Location!.OriginalString));
    }

    [Theory]
    [InlineData("nothing.js")]
    [InlineData("index.htm")]
    [InlineData("..%2Fopenapi.yaml")]
    [InlineData("..%2Fdocs%2Fstart.js")]
    [InlineData("Dashboard.js")]
    public async Task Only_files_of_the_page_are_there(string file)
    {
        await using var host = await AtpHost.StartAsync(stack);
        using var anybody = host.Anonymous();

        await (await anybody.GetAsync($"/api/dashboard/{file}", Stop)).ProblemAsync(HttpStatusCode.NotFound, "file.not-found");
    }

    [Fact]
    public async Task It_says_where_and_as_what_to_sign_in()
    {
        await using var host = await AtpHost.StartAsync(stack);
        using var anybody = host.Anonymous();

        var answer = await (await anybody.GetAsync("/api/dashboard/sign-in", Stop)).JsonAsync();

        Assert.Equal(
            $$"""{"authority":"{{stack.Stack.Tokens.Issuer}}","clientId":"atp-dashboard","scope":"{{stack.Stack.Audience}}/.default"}""", answer.ToJsonString());
    }

    [Fact]
    public async Task A_site_says_that_it_has_no_application_for_it_and_which_scope_it_was_given()
    {
        await using var host = await AtpHost.StartAsync(stack, new AtpHostOptions
        {
            Settings = { ["Atp:Entra:DashboardClientId"] = "", ["Atp:Entra:DashboardScope"] = "api://atp/Everything" },
        });
        using var anybody = host.Anonymous();

        var answer = await (await anybody.GetAsync("/api/dashboard/sign-in", Stop)).JsonAsync();

        Assert.Equal(("", "api://atp/Everything"), ((string)answer["clientId"]!, (string)answer["scope"]!));
    }

    private static byte[] Decompress(byte[] body)
    {
        using var gzip = new GZipStream(new MemoryStream(body), CompressionMode.Decompress);
        using var content = new MemoryStream();
        gzip.CopyTo(content);
        return content.ToArray();
    }
}
