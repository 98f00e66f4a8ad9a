namespace Atp.Cli.Client;

public sealed record CollectionAnswer : Answer
{
    public required string Id { get; init; }

    public required int Revision { get; init; }

    public required string Name { get; init; }

    public string? Description { get; init; }

    public IReadOnlyList<RuleBody> Rules { get; init; } = [];

    public IReadOnlyList<string> IncludeCollectionIds { get; init; } = [];

    public IReadOnlyList<string> ExcludeCollectionIds { get; init; } = [];

    public string? LimitingCollectionId { get; init; }

    public string? DownLevelAgent { get; init; }

    /// <summary>As counted by the evaluation; null in a list.</summary>
    public int? Members { get; init; }

    /// <summary>Null in a list.</summary>
    public EvaluationAnswer? Evaluation { get; init; }
}

/// <summary>What a bulk change of direct members did.</summary>
public sealed record MembersChangeAnswer : Answer
{
    public int Changed { get; init; }

    public int Unchanged { get; init; }

    /// <summary>Ids of no device; the others are done all the same.</summary>
    public IReadOnlyList<string> Unknown { get; init; } = [];
}

public sealed record MemberAnswer : Answer
{
    public required string DeviceId { get; init; }

    public OperatingSystemAnswer? OperatingSystem { get; init; }

    /// <summary>The organisation that it last reported to be onboarded to.</summary>
    public string? OnboardedTo { get; init; }
}

public sealed record EvaluationAnswer : Answer
{
    public int Shards { get; init; }

    public int ShardsDone { get; init; }

    /// <summary>When the rules were last applied to every device because they had changed; null before the first time.</summary>
    public DateTimeOffset? FullAt { get; init; }

    /// <summary>As of when a roll-up last brought every device up to date; null before the first one.</summary>
    public DateTimeOffset? IncrementalAt { get; init; }
}

/// <summary>A query rule: all conditions that are given must hold.</summary>
public sealed record RuleBody(string? OperatingSystem, string? NamePattern, string? Tag);

/// <summary>A new collection, or an edit: what is null isn't sent.</summary>
public sealed record CollectionBody
{
    public string? Name { get; init; }

    public string? Description { get; init; }

    public IReadOnlyList<RuleBody>? Rules { get; init; }

    public IReadOnlyList<string>? IncludeCollectionIds { get; init; }

    public IReadOnlyList<string>? ExcludeCollectionIds { get; init; }

    /// <summary>An empty text removes it.</summary>
    public string? LimitingCollectionId { get; init; }

    public string? DownLevelAgent { get; init; }
}
