using Azure.Data.Tables;

namespace Atp.Core.Collections;

/// <summary>One shard's evaluation of a collection.</summary>
/// <param name="Generation">The revision of the rules that it was for; 0 when only the members were counted so far.</param>
/// <param name="Members">As last counted.</param>
/// <param name="CountedAt">When that was. UTC.</param>
/// <param name="DoneAt">When the evaluation was done, UTC; null when the members were only counted so far.</param>
public sealed record ShardEvaluation(string Shard, int Generation, int Members, DateTimeOffset CountedAt, DateTimeOffset? DoneAt);

/// <summary>Table <c>collectionshards</c>: partition = collection id, row = shard.</summary>
public sealed class CollectionShardTable(TableClient table)
{
    /// <summary>Sets, never adds, so that doing a shard twice counts it once.</summary>
    public Task PutAsync(string collectionId, string shard, int generation, int members, DateTimeOffset doneAt, CancellationToken ct) =>
        table.UpsertEntityAsync(new TableEntity(collectionId, shard)
        {
            ["Generation"] = generation,
            ["Members"] = members,
            ["CountedAt"] = doneAt,
            ["DoneAt"] = doneAt,
        }, TableUpdateMode.Replace, ct);

    /// <summary>Sets the count only: whether the shard was evaluated for the current rules stays as it was.</summary>
    public Task PutMembersAsync(string collectionId, string shard, int members, DateTimeOffset countedAt, CancellationToken ct) =>
        table.UpsertEntityAsync(new TableEntity(collectionId, shard) { ["Members"] = members, ["CountedAt"] = countedAt }, TableUpdateMode.Merge, ct);

    public async Task<IReadOnlyList<ShardEvaluation>> ListAsync(string collectionId, CancellationToken ct)
    {
        var all = new List<ShardEvaluation>();
        await foreach (var row in table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {collectionId}"), cancellationToken: ct))
        {
            all.Add(new ShardEvaluation(row.RowKey, row.GetInt32("Generation") ?? 0, row.GetInt32("Members")!.Value,
                row.GetDateTimeOffset("CountedAt")!.Value, row.GetDateTimeOffset("DoneAt")));
        }

        return all;
    }

    public Task RemoveAsync(string collectionId, string shard, CancellationToken ct) =>
        table.DeleteEntityAsync(collectionId, shard, Azure.ETag.All, ct);
}
