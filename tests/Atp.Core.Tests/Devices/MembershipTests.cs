using Atp.Core.Collections;
using Atp.Core.Devices;

namespace Atp.Core.Tests.Devices;

public sealed class MembershipTests
{
    [Theory]
    [InlineData("Windows 10*", null, null, true)]
    [InlineData("windows 10 22h2", null, null, true)]
    [InlineData("Windows 1?*", null, null, true)]
    [InlineData("Windows 10", null, null, false)] // a pattern is for the whole name
    [InlineData("*Server*", null, null, false)]
    [InlineData(null, "HR-*", null, true)]
    [InlineData(null, "hr-00?", null, true)]
    [InlineData(null, "HR-00", null, false)]
    [InlineData(null, "*", null, true)]
    [InlineData(null, "HR\\*", null, false)] // a backslash is itself, and no computer has one
    [InlineData(null, null, "berlin", true)]
    [InlineData(null, null, "BERLIN", true)]
    [InlineData(null, null, "ber*", false)] // a tag is no pattern
    [InlineData("Windows 10*", "HR-*", "berlin", true)]
    [InlineData("Windows 10*", "HR-*", "paris", false)]
    [InlineData("Windows 11*", "HR-*", "berlin", false)]
    public void A_rule_names_a_device_when_all_its_conditions_hold(string? operatingSystem, string? name, string? tag, bool expected)
    {
        var rule = new QueryRule(operatingSystem, name, tag);

        Assert.Equal(expected, Membership.Matches(rule, Facts.Inventory(null, "HR-001", "Berlin", "laptop"), "Windows 10 22H2"));
    }

    [Fact]
    public void A_device_is_a_member_by_any_rule_or_directly_and_of_nothing_else()
    {
        var site = Facts.Site(collections:
        [
            Facts.Collection("c-rule", new QueryRule(Tag: "no"), new QueryRule(Tag: "yes")), Facts.Collection("a-direct"),
            Facts.Collection("b-both", new QueryRule(Tag: "yes")), Facts.Collection("d-neither", new QueryRule(Tag: "no")),
        ]);

        Assert.Equal(["a-direct", "b-both", "c-rule"], Membership.Of(Facts.Inventory(null, "PC-1", "yes"), ["a-direct", "b-both", "gone"], site));
    }

    [Fact]
    public void The_name_that_a_rule_asks_for_is_that_of_the_rule_set()
    {
        var site = Facts.Site(collections: [Facts.Collection("servers", new QueryRule("Windows Server 2016"))]);

        Assert.Equal(["servers"], Membership.Of(Facts.Inventory(Facts.Server2016), [], site));
        Assert.Empty(Membership.Of(Facts.Inventory(Facts.Server2016 with { ProductType = 1 }), [], site));
    }

    [Fact]
    public void Where_more_than_90_collections_would_hold_the_oldest_90_do()
    {
        var site = Facts.Site(collections: Enumerable.Range(0, 100)
            .Select(i => Facts.Collection($"{i:D3}", new QueryRule(Tag: "yes")) with { CreatedAt = Facts.Now.AddDays(-i) }));

        var members = Membership.Of(Facts.Inventory(null, "PC-1", "yes"), [], site);

        Assert.Equal(Enumerable.Range(10, 90).Select(i => $"{i:D3}"), members);
    }

    /// <summary>
    /// Collections by name; <c>yes</c>: a rule names the device, <c>direct</c>: it is a direct member, <c>+X</c> includes,
    /// <c>-X</c> excludes, <c>&lt;X</c> is limited to. Then those that the device is a member of.
    /// </summary>
    public static TheoryData<string, string> References => new()
    {
        // An include brings members of any kind along, over any number of steps.
        { "A yes; B +A", "A B" },
        { "A direct; B +A", "A B" },
        { "A; B +A", "" },
        { "A; B yes +A", "B" },
        { "A; B yes; C +A +B", "B C" },
        { "A yes; B +A; C +B; D +C", "A B C D" },
        // Exclude wins.
        { "A yes; B yes -A", "A" },
        { "A yes; B direct -A", "A" },
        { "A yes; B +A -A", "A" },
        { "A yes; B yes; C +A -B", "A B" },
        { "A; B yes -A", "B" },
        { "A yes; B yes -A; C yes -B", "A C" },
        // A limiting collection makes nobody a member, and keeps everybody else out.
        { "A yes; B yes <A", "A B" },
        { "A yes; B <A", "A" },
        { "A; B yes <A", "" },
        { "A; B direct <A", "" },
        { "A; B yes <A; C yes <B", "" },
        { "A; B yes; C +B <A", "B" },
        { "A yes; B yes; C +B <A -B", "A B" },
        // A diamond.
        { "A yes; B +A; C +A; D +B +C", "A B C D" },
        { "A yes; B +A; C yes -A; D +B -C", "A B D" },
        { "A yes; B +A; C +A; D +B -C", "A B C" },
        { "A yes; B yes <A; C yes -B; D yes +C <B", "A B D" },
        // One that is gone has no members.
        { "A +gone", "" },
        { "A yes -gone", "A" },
        { "A yes <gone", "" },
    };

    [Theory]
    [MemberData(nameof(References))]
    public void Includes_and_limits_and_exclusions_which_win(string collections, string expected) => AssertMembers(collections, expected);

    /// <summary>No administrator can make these; two edits at the same moment can.</summary>
    public static TheoryData<string, string> Circles => new()
    {
        // An include within a circle gives nobody; what the collections have by themselves stays.
        { "A yes +A", "A" },
        { "A yes +B; B +A", "A" },
        { "A direct +B; B yes +A", "A B" },
        { "A yes +B; B +C; C +A", "A" },
        // An exclusion or a limit within a circle leaves nobody.
        { "A yes -A", "" },
        { "A yes <A", "" },
        { "A yes -B; B yes -A", "" },
        { "A yes -B; B yes +A", "B" },
        { "A yes <B; B yes +A", "B" },
        { "A yes <B; B +A", "" },
        // What refers to a circle, or what a circle refers to, is no part of it.
        { "A yes +B; B +A; C +A; D yes -B", "A C D" },
        { "A yes; B +A +C; C +B", "A B" },
        { "A yes; B yes -A; C +A +D; D yes <C", "A C" },
        { "A yes +B; B +A; C yes +D; D +C; E +A +C", "A C E" },
    };

    [Theory]
    [MemberData(nameof(Circles))]
    public void A_circle_in_the_data_ends_and_makes_nobody_a_member(string collections, string expected) => AssertMembers(collections, expected);

    [Fact]
    public void A_thousand_collections_that_each_include_the_next_are_no_deeper_than_one()
    {
        var site = Facts.Site(collections: Enumerable.Range(0, 1_000).Select(i => Facts.Collection($"{i:D4}") with
        {
            IncludeCollectionIds = [$"{i + 1:D4}"],
            CreatedAt = Facts.Now.AddDays(-i),
        }).Append(Facts.Collection("1000", new QueryRule(Tag: "yes"))));

        Assert.Equal(Device.MaxCollections, Membership.Of(Facts.Inventory(null, "PC-1", "yes"), [], site).Count);
    }

    [Fact]
    public void Of_more_than_90_collections_those_that_are_left_out_count_where_others_refer_to_them()
    {
        var site = Facts.Site(collections:
        [
            .. Enumerable.Range(0, 95).Select(i => Facts.Collection($"{i:D3}", new QueryRule(Tag: "yes")) with { CreatedAt = Facts.Now.AddMinutes(i) }),
            Facts.Collection("includes the newest") with { IncludeCollectionIds = ["094"], CreatedAt = Facts.Now.AddDays(-1) },
            Facts.Collection("excludes the newest", new QueryRule(Tag: "yes")) with { ExcludeCollectionIds = ["094"], CreatedAt = Facts.Now.AddDays(-1) },
        ]);

        var members = Membership.Of(Facts.Inventory(null, "PC-1", "yes"), [], site);

        Assert.Equal([.. Enumerable.Range(0, 89).Select(i => $"{i:D3}"), "includes the newest"], members);
    }

    [Fact]
    public void Nothing_changes_when_the_rules_give_what_the_device_has()
    {
        var site = Facts.Site(collections: [Facts.Collection("all", new QueryRule(NamePattern: "*"))]);
        var device = Facts.Device(null, "all");

        Assert.Same(device, Membership.Apply(device, site));
    }

    [Fact]
    public void A_collection_that_is_gone_or_being_deleted_takes_its_members_along()
    {
        var site = Facts.Site(collections: [Facts.Collection("all") with { Deleting = true }]);
        var device = Facts.Device(null, "all") with { DirectCollections = ["all"] };

        var after = Membership.Apply(device, site);

        Assert.Empty(after.Collections);
        Assert.Empty(after.DirectCollections);
    }

    [Fact]
    public void A_direct_member_of_a_collection_that_is_not_known_here_yet_stays_named()
    {
        var device = Facts.Device(null, "newer") with { DirectCollections = ["newer"] };

        var after = Membership.Apply(device, Facts.Site(collections: [Facts.Collection("other")]));

        Assert.Empty(after.Collections);
        Assert.Equal(["newer"], after.DirectCollections);
    }

    /// <summary>Whatever order the collections are read in.</summary>
    private static void AssertMembers(string text, string expected)
    {
        var collections = Facts.Collections(text);
        var direct = text.Split("; ").Where(c => c.Contains(" direct", StringComparison.Ordinal)).Select(c => c[..1]).ToList();
        foreach (var order in new[] { collections, [.. collections.Reverse()] })
        {
            Assert.Equal(expected, string.Join(' ', Membership.Of(Facts.Inventory(null, "PC-1", "yes"), direct, Facts.Site(collections: order))));
        }
    }
}
