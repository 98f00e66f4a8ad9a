using Atp.Core.Collections;

namespace Atp.Functions.Collections;

/// <summary>A collection in a list.</summary>
public sealed record CollectionSummary(
    string Id, int Revision, string Name, string Description, IReadOnlyList<QueryRule> Rules, IReadOnlyList<string> IncludeCollectionIds,
    IReadOnlyList<string> ExcludeCollectionIds, string? LimitingCollectionId, DownLevelAgent DownLevelAgent, DateTimeOffset CreatedAt, string CreatedBy)
{
    public static CollectionSummary Of(Collection collection) => new(collection.Id, collection.Revision, collection.Name,
        collection.Description, collection.Rules, collection.IncludeCollectionIds, collection.ExcludeCollectionIds,
        collection.LimitingCollectionId, collection.DownLevelAgent, collection.CreatedAt, collection.CreatedBy);
}

/// <summary>How far the evaluation of the current rules is.</summary>
/// <param name="FullAt">When the rules were last applied to every device of a shard because they had changed.</param>
/// <param name="IncrementalAt">As of when a roll-up last brought every device up to date.</param>
public sealed record EvaluationAnswer(int Shards, int ShardsDone, DateTimeOffset? FullAt, DateTimeOffset? IncrementalAt);

/// <summary>One collection.</summary>
/// <param name="Members">As last counted, in each shard.</param>
public sealed record CollectionAnswer(
    string Id, int Revision, string Name, string Description, IReadOnlyList<QueryRule> Rules, IReadOnlyList<string> IncludeCollectionIds,
    IReadOnlyList<string> ExcludeCollectionIds, string? LimitingCollectionId, DownLevelAgent DownLevelAgent, int Members,
    EvaluationAnswer Evaluation, DateTimeOffset CreatedAt, string CreatedBy)
{
    public static CollectionAnswer Of(CollectionDetails details)
    {
        var collection = details.Collection;
        return new CollectionAnswer(collection.Id, collection.Revision, collection.Name, collection.Description, collection.Rules,
            collection.IncludeCollectionIds, collection.ExcludeCollectionIds, collection.LimitingCollectionId, collection.DownLevelAgent,
            details.Members, new EvaluationAnswer(details.Shards, details.ShardsDone, details.FullAt, details.IncrementalAt),
            collection.CreatedAt, collection.CreatedBy);
    }
}
