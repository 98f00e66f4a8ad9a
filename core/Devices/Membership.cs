using System.IO.Enumeration;
using Atp.Core.Collections;
using Atp.Core.Site;

namespace Atp.Core.Devices;

/// <summary>
/// Which collections a device is a member of: a pure function of its facts, its direct collections and all rules. A member is who
/// is named directly, by a query rule or by an include; unless an exclusion names it, which beats all of these, or the limiting
/// collection doesn't hold it.
/// </summary>
public static class Membership
{
    /// <param name="inventory">The device's facts.</param>
    /// <param name="directCollections">Collections that name it directly; those that are gone don't count.</param>
    /// <param name="site">All collections and their rules; <see cref="CollectionGraph"/> says what becomes of circles.</param>
    /// <returns>
    /// Sorted ids, <see cref="Device.MaxCollections"/> at most: where more would hold, the oldest collections do. Those that are
    /// left out count where other collections refer to them.
    /// </returns>
    public static IReadOnlyList<string> Of(Inventory inventory, IReadOnlyList<string> directCollections, SiteSnapshot site)
    {
        var operatingSystem = PlatformRules.Classify(inventory.OperatingSystem, site.Settings.ConfigurationManagerVersion).Name;
        var members = new List<Collection>();
        var memberOf = new HashSet<string>();
        foreach (var collection in site.CollectionGraph.InOrder)
        {
            if ((collection.LimitingCollectionId is null || memberOf.Contains(collection.LimitingCollectionId))
                && !collection.ExcludeCollectionIds.Any(memberOf.Contains)
                && (directCollections.Contains(collection.Id)
                    || collection.IncludeCollectionIds.Any(memberOf.Contains)
                    || collection.Rules.Any(rule => Matches(rule, inventory, operatingSystem))))
            {
                members.Add(collection);
                memberOf.Add(collection.Id);
            }
        }

        IEnumerable<Collection> kept = members.Count <= Device.MaxCollections
            ? members
            : members.OrderBy(c => c.CreatedAt).ThenBy(c => c.Id, StringComparer.Ordinal).Take(Device.MaxCollections);
        return [.. kept.Select(c => c.Id).Order(StringComparer.Ordinal)];
    }

    /// <summary>
    /// The device with the collections that the rules give it now; the same instance when nothing changes. Who named it directly is
    /// forgotten only for a collection that is being deleted: one that isn't known here may be newer than what is remembered.
    /// </summary>
    public static Device Apply(Device device, SiteSnapshot site)
    {
        var collections = device.Retired is null ? Of(device.Inventory, device.DirectCollections, site) : [];
        var direct = device.DirectCollections.Where(id => !site.CollectionsBeingDeleted.Contains(id)).ToList();
        return collections.SequenceEqual(device.Collections) && direct.Count == device.DirectCollections.Count
            ? device
            : device with { Collections = collections, DirectCollections = direct };
    }

    /// <summary>All conditions that the rule gives hold.</summary>
    public static bool Matches(QueryRule rule, Inventory inventory, string operatingSystemName) =>
        (rule.OperatingSystem is null || Like(rule.OperatingSystem, operatingSystemName))
        && (rule.NamePattern is null || Like(rule.NamePattern, inventory.Name))
        && (rule.Tag is null || inventory.Tags.Contains(rule.Tag, StringComparer.OrdinalIgnoreCase));

    // A backslash would escape in the pattern; computer names have none, so doubling keeps it literal.
    internal static bool Like(string pattern, string text) =>
        FileSystemName.MatchesSimpleExpression(pattern.Replace("\\", "\\\\", StringComparison.Ordinal), text, ignoreCase: true);
}
