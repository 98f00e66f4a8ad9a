namespace Atp.Core.Collections;

/// <summary>
/// A query rule: a device is a member when all conditions that are given hold. At least one is given. Patterns are
/// case-insensitive, <c>*</c> stands for any text and <c>?</c> for one character.
/// </summary>
/// <param name="OperatingSystem">Pattern for the operating system's name in the rule set, e.g. <c>Windows 10*</c>.</param>
/// <param name="NamePattern">Pattern for the computer's name.</param>
/// <param name="Tag">A tag that the device has; case-insensitive, no pattern.</param>
public sealed record QueryRule(string? OperatingSystem = null, string? NamePattern = null, string? Tag = null);

/// <summary>A collection of devices: direct members, and those that any of its query rules names.</summary>
public sealed record Collection
{
    public required string Id { get; init; }

    public required int Revision { get; init; }

    public required string Name { get; init; }

    public string Description { get; init; } = "";

    public IReadOnlyList<QueryRule> Rules { get; init; } = [];

    /// <summary>The revision at which the rules last changed: what an evaluation of every device is for.</summary>
    public required int RulesRevision { get; init; }

    /// <summary>When that was. UTC.</summary>
    public required DateTimeOffset RulesChangedAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string CreatedBy { get; init; }

    /// <summary>Marked for deletion: it has no members any more, and its rows are being removed.</summary>
    public bool Deleting { get; init; }
}
