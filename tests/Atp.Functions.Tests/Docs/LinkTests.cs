using System.Text.RegularExpressions;

namespace Atp.Functions.Tests.Docs;

/// <summary>A reader who follows a link gets somewhere.</summary>
public sealed partial class LinkTests
{
    [Fact]
    public void Every_relative_link_leads_to_a_file_and_every_anchor_to_a_heading()
    {
        var links = Pages.All.SelectMany(page => Link().Matches(Pages.Prose(File.ReadAllText(page))).Select(m => (Page: page, To: m.Groups[1].Value)))
            .Where(link => !link.To.Contains("://", StringComparison.Ordinal)).ToList();

        Assert.True(links.Count > 30, $"There are {links.Count} links only.");
        Assert.All(links, link =>
        {
            var (file, anchor) = link.To.Split('#', 2) is [var path, var name] ? (path, name) : (link.To, null);
            var target = file.Length == 0 ? link.Page : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(link.Page)!, file));
            Assert.True(Path.Exists(target), $"{link.Page} links to {link.To}, which is not there.");
            Assert.True(anchor is null || Pages.Anchors(File.ReadAllText(target)).Contains(anchor), $"{link.Page} links to {link.To}, and there is no such heading.");
        });
    }

    [GeneratedRegex(@"\]\(([^()\s]+)\)")]
    private static partial Regex Link();
}
