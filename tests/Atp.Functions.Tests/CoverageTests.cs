using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Atp.Functions.Tests;

/// <summary>
/// docs/coverage.md names the test for each statement of the documentation, docs/security.md the one for each threat, docs/operations.md
/// the one for each promise: a test that is renamed must not leave them behind. README shows pictures that a test takes.
/// </summary>
public sealed partial class CoverageTests
{
    [Theory]
    [InlineData("coverage.md", 40)]
    [InlineData("security.md", 40)]
    [InlineData("operations.md", 12)]
    public void Every_test_that_it_names_is_there(string document, int more)
    {
        var root = RootFolder();
        var classes = Directory.EnumerateFiles(Path.Combine(root, "tests"), "*Tests.cs", SearchOption.AllDirectories)
            .ToLookup(path => Path.GetFileNameWithoutExtension(path), File.ReadAllText);
        var named = TestName().Matches(File.ReadAllText(Path.Combine(root, "docs", document))).Select(m => m.Groups["name"].Value).Distinct().ToList();

        Assert.True(named.Count > more, $"It names {named.Count} tests only.");
        Assert.All(named, name =>
        {
            var parts = name.Split('.');
            Assert.True(classes[parts[0]].Any(source => parts.Length == 1 || source.Contains($" {parts[1]}(", StringComparison.Ordinal)), $"There is no {name}.");
        });
    }

    [Fact]
    public void Every_picture_that_the_README_shows_is_there()
    {
        var root = RootFolder();
        var shown = Picture().Matches(File.ReadAllText(Path.Combine(root, "README.md"))).Select(m => m.Groups["path"].Value).ToList();

        Assert.Equal(2, shown.Count);
        Assert.All(shown, path => Assert.InRange(new FileInfo(Path.Combine(root, path)).Length, 1, 200_000));
    }

    private static string RootFolder([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", ".."));

    [GeneratedRegex(@"!\[[^\]]+\]\((?<path>[^)]+)\)")]
    private static partial Regex Picture();

    [GeneratedRegex(@"`(Seed\.)?(?<name>[A-Z]\w+Tests(\.\w+)?)`")]
    private static partial Regex TestName();
}
