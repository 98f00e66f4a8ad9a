namespace Atp.Core.Collections;

/// <summary>
/// A query rule: a device is a member when all conditions that are given hold. At least one is given. Patterns are
/// case-insensitive, <c>*</c> stands for any text and <c>?</c> for one character.
/// </summary>
/// <param name="OperatingSystem">Pattern for the operating system's name in the rule set, e.g. <c>Windows 10*</c>.</param>
/// <param name="NamePattern">Pattern for the computer's name.</param>
/// <param name="Tag">A tag that the device has; case-insensitive, no pattern.</param>
public sealed record QueryRule(string? OperatingSystem = null, string? NamePattern = null, string? Tag = null);

/// <summary>What runs on Windows Server 2012 R2 and 2016, as a client setting of Configuration Manager 2207 and later chooses.</summary>
public enum DownLevelAgent
{
    /// <summary>The Microsoft Monitoring Agent, with the workspace: the default.</summary>
    MonitoringAgent,

    /// <summary>The Defender client, with the configuration file, as on up-level systems.</summary>
    DefenderClient,
}

/// <summary>How the members of one collection depend on those of another.</summary>
public enum ReferenceKind
{
    Include,
    Exclude,
    Limit,
}

/// <summary>One collection's mention of another.</summary>
public sealed record CollectionReference(ReferenceKind Kind, string CollectionId)
{
    /// <summary>For people, between two names: <c>'A' includes 'B'</c>.</summary>
    public string Verb => Kind switch
    {
        ReferenceKind.Include => "includes",
        ReferenceKind.Exclude => "excludes",
        _ => "is limited to",
    };
}

/// <summary>
/// A collection of devices: direct members, those that any of its query rules names, and the members of the collections that it
/// includes; less the members of those that it excludes, and of its limiting collection's members only.
/// </summary>
public sealed record Collection
{
    public required string Id { get; init; }

    public required int Revision { get; init; }

    public required string Name { get; init; }

    public string Description { get; init; } = "";

    public IReadOnlyList<QueryRule> Rules { get; init; } = [];

    /// <summary>Collections whose members are members of this one too; sorted ids.</summary>
    public IReadOnlyList<string> IncludeCollectionIds { get; init; } = [];

    /// <summary>Collections whose members are not members of this one, whatever else says so; sorted ids.</summary>
    public IReadOnlyList<string> ExcludeCollectionIds { get; init; } = [];

    /// <summary>Only its members can be members of this one. Null: any device can.</summary>
    public string? LimitingCollectionId { get; init; }

    /// <summary>All collections that this one mentions.</summary>
    public IEnumerable<CollectionReference> References => IncludeCollectionIds.Select(id => new CollectionReference(ReferenceKind.Include, id))
        .Concat(ExcludeCollectionIds.Select(id => new CollectionReference(ReferenceKind.Exclude, id)))
        .Concat(LimitingCollectionId is null ? [] : [new CollectionReference(ReferenceKind.Limit, LimitingCollectionId)]);

    /// <summary>
    /// The client setting that is deployed to this collection. A device in several collections has the Defender client when one
    /// of them says so.
    /// </summary>
    public DownLevelAgent DownLevelAgent { get; init; }

    /// <summary>The revision at which the rules last changed: what an evaluation of every device is for.</summary>
    public required int RulesRevision { get; init; }

    /// <summary>When that was. UTC.</summary>
    public required DateTimeOffset RulesChangedAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string CreatedBy { get; init; }

    /// <summary>Marked for deletion: it has no members any more, and its rows are being removed.</summary>
    public bool Deleting { get; init; }
}
