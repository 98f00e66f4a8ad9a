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
}
