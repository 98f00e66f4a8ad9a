using Atp.Core.Collections;

namespace Atp.Functions.Collections;

/// <summary>A collection in a list.</summary>
public sealed record CollectionSummary(
    string Id, int Revision, string Name, string Description, IReadOnlyList<QueryRule> Rules, DateTimeOffset CreatedAt, string CreatedBy)
{
    public static CollectionSummary Of(Collection collection) => new(collection.Id, collection.Revision, collection.Name,
        collection.Description, collection.Rules, collection.CreatedAt, collection.CreatedBy);
}

/// <summary>How far the evaluation of the current rules is.</summary>
public sealed record EvaluationAnswer(int Shards, int ShardsDone, DateTimeOffset? EvaluatedAt);

/// <summary>One collection.</summary>
/// <param name="Members">As counted by the evaluation.</param>
public sealed record CollectionAnswer(
    string Id, int Revision, string Name, string Description, IReadOnlyList<QueryRule> Rules, int Members, EvaluationAnswer Evaluation,
    DateTimeOffset CreatedAt, string CreatedBy)
{
    public static CollectionAnswer Of(CollectionDetails details)
    {
        var collection = details.Collection;
        return new CollectionAnswer(collection.Id, collection.Revision, collection.Name, collection.Description, collection.Rules,
            details.Members, new EvaluationAnswer(details.Shards, details.ShardsDone, details.EvaluatedAt), collection.CreatedAt, collection.CreatedBy);
    }
}
