using Atp.Core.Collections;

namespace Atp.Core.Tests.Collections;

public sealed class CollectionGraphTests
{
    [Theory]
    [InlineData("A +B; B <A", "A", "'A' includes 'B', which is limited to 'A'")]
    [InlineData("A +B; B <A", "B", "'B' is limited to 'A', which includes 'B'")]
    [InlineData("A -B; B +C; C <A", "A", "'A' excludes 'B', which includes 'C', which is limited to 'A'")]
    [InlineData("A +B +C; B +D; D +A; C +A", "A", "'A' includes 'C', which includes 'A'")] // the shortest
    [InlineData("A +A", "A", "'A' includes 'A'")]
    [InlineData("A +B; B +C; C", "A", null)]
    [InlineData("A +B; B +C; C +B", "A", null)] // leads to one, and is no part of it
    [InlineData("A +B; B +C; C +A; D +A", "D", null)]
    [InlineData("A +gone", "A", null)]
    public void A_circle_is_told_by_names(string collections, string of, string? expected) =>
        Assert.Equal(expected, new CollectionGraph(Facts.Collections(collections)).FindCircle(of)?.Path);

    [Theory]
    [InlineData("A +B; B <A", ReferenceKind.Include)]
    [InlineData("A -B; B +A", ReferenceKind.Exclude)]
    [InlineData("A <B; B +A", ReferenceKind.Limit)]
    public void A_circle_starts_with_what_the_collection_itself_says(string collections, ReferenceKind expected) =>
        Assert.Equal(expected, new CollectionGraph(Facts.Collections(collections)).FindCircle("A")!.First);

    [Theory]
    [InlineData("A; B +A; C -A; D <A; E yes", "A", "B C D")]
    [InlineData("A; B +A; C -B; D <C; E +D", "A", "B C D E")]
    [InlineData("A; B +A; C +B", "B", "C")]
    [InlineData("A; B +A; C +A; D +B +C", "A", "B C D")]
    [InlineData("A +B; B +A; C +A", "A", "B C")]
    [InlineData("B +gone; C +B", "gone", "B C")]
    public void Its_dependents_are_those_whose_members_follow_from_its_own(string collections, string of, string expected) =>
        Assert.Equal(expected, string.Join(' ', new CollectionGraph(Facts.Collections(collections)).DependentsOf(of).Order(StringComparer.Ordinal)));
}
