using Azure.Data.Tables;

namespace Atp.Core.Collections;

/// <summary>One shard's evaluation of a collection.</summary>
/// <param name="Generation">The revision of the rules that it was for.</param>
/// <param name="Members">As counted when it was done.</param>
/// <param name="DoneAt">UTC.</param>
public sealed record ShardEvaluation(string Shard, int Generation, int Members, DateTimeOffset DoneAt);

/// <summary>Table <c>collectionshards</c>: partition = collection id, row = shard.</summary>
public sealed class CollectionShardTable(TableClient table)
{
    /// <summary>Sets, never adds, so that doing a shard twice counts it once.</summary>
    public Task PutAsync(string collectionId, ShardEvaluation evaluation, CancellationToken ct) =>
        table.UpsertEntityAsync(new TableEntity(collectionId, evaluation.Shard)
        {
            ["Generation"] = evaluation.Generation,
            ["Members"] = evaluation.Members,
            ["DoneAt"] = evaluation.DoneAt,
        }, TableUpdateMode.Replace, ct);

    public async Task<IReadOnlyList<ShardEvaluation>> ListAsync(string collectionId, CancellationToken ct)
    {
        var all = new List<ShardEvaluation>();
        await foreach (var row in table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {collectionId}"), cancellationToken: ct))
        {
            all.Add(new ShardEvaluation(row.RowKey, row.GetInt32("Generation")!.Value, row.GetInt32("Members")!.Value,
                row.GetDateTimeOffset("DoneAt")!.Value));
        }

        return all;
    }

    public Task RemoveAsync(string collectionId, string shard, CancellationToken ct) =>
        table.DeleteEntityAsync(collectionId, shard, Azure.ETag.All, ct);
}
