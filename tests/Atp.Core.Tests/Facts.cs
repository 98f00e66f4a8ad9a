using Atp.Core.Collections;
using Atp.Core.Deployments;
using Atp.Core.Devices;
using Atp.Core.Policies;
using Atp.Core.Site;

namespace Atp.Core.Tests;

/// <summary>Small facts that decisions are made from.</summary>
internal static class Facts
{
    public static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    public static readonly OperatingSystemFacts Windows10 = new(19045, 1, 4);
    public static readonly OperatingSystemFacts Server2016 = new(14393, 3, 7);
    public static readonly OperatingSystemFacts Windows7 = new(7601, 1, 4);

    public static Inventory Inventory(OperatingSystemFacts? operatingSystem = null, string name = "PC-1", params string[] tags) =>
        new(name, operatingSystem ?? Windows10, tags, null);

    public static Device Device(OperatingSystemFacts? operatingSystem = null, params string[] collections) => new()
    {
        Id = "pc-1",
        Inventory = Inventory(operatingSystem),
        Collections = collections,
    };

    public static Policy Policy(
        string id, int order = 1, PolicyKind kind = PolicyKind.Onboarding, int revision = 1, bool workspace = true, DateTimeOffset? expiresAt = null) => new()
        {
            Id = id,
            Order = order,
            Current = new PolicyRevision
            {
                Revision = revision,
                Name = id,
                Kind = kind,
                ConfigurationFile = new ConfigurationFileFacts("file", "00", 1, Guid.Empty.ToString(), "1", expiresAt, null),
                Workspace = workspace ? new Workspace(Guid.Empty.ToString(), "version") : null,
                CreatedAt = Now,
                CreatedBy = "test",
            },
        };

    public static Deployment Deployment(string id, string policyId, int minute = 0, params string[] collections) => new()
    {
        Id = id,
        PolicyId = policyId,
        CollectionIds = collections.Length == 0 ? ["all"] : collections,
        CreatedAt = Now.AddDays(-30).AddMinutes(minute),
        CreatedBy = "test",
    };

    public static Collection Collection(string id, params QueryRule[] rules) => new()
    {
        Id = id,
        Revision = 1,
        Name = id,
        Rules = rules,
        RulesRevision = 1,
        RulesChangedAt = Now,
        CreatedAt = Now,
        CreatedBy = "test",
    };

    /// <summary>Collections as text, by name: <c>A yes; B +A -C &lt;D</c> has a rule for the tag "yes"; includes, excludes, is limited to.</summary>
    public static IReadOnlyList<Collection> Collections(string text) =>
    [
        .. text.Split("; ").Select(collection => collection.Split(' ')).Select(words => Collection(words[0], words.Contains("yes") ? [new QueryRule(Tag: "yes")] : []) with
        {
            IncludeCollectionIds = Named(words, '+'),
            ExcludeCollectionIds = Named(words, '-'),
            LimitingCollectionId = Named(words, '<').SingleOrDefault(),
        }),
    ];

    public static SiteSnapshot Site(
        IEnumerable<Policy>? policies = null, IEnumerable<Deployment>? deployments = null, IEnumerable<Collection>? collections = null,
        int version = 2207) =>
        new(new SiteSettings(8, version, TimeSpan.FromDays(7)), policies ?? [], deployments ?? [], collections ?? [Collection("all")]);

    private static string[] Named(string[] words, char how) => [.. words.Where(word => word[0] == how).Select(word => word[1..])];
}
