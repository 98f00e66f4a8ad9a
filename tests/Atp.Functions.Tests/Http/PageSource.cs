using System.Net;
using System.Text.RegularExpressions;

namespace Atp.Functions.Tests.Http;

/// <summary>What tests ask of a page that is served here: that it runs nothing of its own text, and that all it names is here.</summary>
internal static partial class PageSource
{
    /// <summary>The addresses in a page, after looking at each: it is there, as what it is.</summary>
    public static async Task<List<string>> FilesOfAsync(HttpClient anybody, string address, CancellationToken ct)
    {
        using var page = await anybody.GetAsync(address, ct);
        var html = await page.Content.ReadAsStringAsync(ct);
        Assert.Equal("text/html", page.Content.Headers.ContentType!.MediaType);
        Assert.Empty(InlineScript().Matches(html));
        var named = Named().Matches(html).Select(m => m.Groups[1].Value).Where(name => name != "data:,").ToList();
        foreach (var name in named)
        {
            using var file = await anybody.GetAsync(new Uri(page.RequestMessage!.RequestUri!, name), ct);
            Assert.Equal(HttpStatusCode.OK, file.StatusCode);
            Assert.Equal(Path.GetExtension(name) switch { ".css" => "text/css", ".js" => "text/javascript", _ => "application/json" },
                file.Content.Headers.ContentType!.MediaType);
        }

        return named;
    }

    /// <summary>By directive.</summary>
    public static Dictionary<string, string> Policy(this HttpResponseMessage answer) => Assert.Single(answer.Headers.GetValues("Content-Security-Policy"))
        .Split("; ").Select(directive => directive.Split(' ', 2)).ToDictionary(parts => parts[0], parts => parts[1]);

    [GeneratedRegex("(?:href|src)=\"([^\"]*)\"")]
    private static partial Regex Named();

    [GeneratedRegex("<script(?![^>]*src=)|\\son[a-z]+=|\\sstyle=|<style")]
    private static partial Regex InlineScript();
}
