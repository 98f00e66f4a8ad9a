using System.Globalization;
using Atp.Core.Storage;
using Azure;
using Azure.Data.Tables;

namespace Atp.Core.Health;

/// <summary>One run of the roll-up.</summary>
/// <param name="Id">Made of the as-of, so that ids sort by time.</param>
/// <param name="AsOf">Its only clock, UTC, whole milliseconds.</param>
/// <param name="ShardsDone">Shards whose partial counts are there.</param>
/// <param name="CompletedAt">When the aggregates were written; null until then.</param>
public sealed record RollUp(string Id, DateTimeOffset AsOf, int ShardsDone, DateTimeOffset? CompletedAt)
{
    public static string IdOf(DateTimeOffset asOf) => asOf.UtcDateTime.ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture);
}

/// <summary>Table <c>rollups</c>: partition = roll-up id; row <c>!run</c>, and <c>{shard}!{chunk}</c> for each shard's counts.</summary>
public sealed class RollUpTable(TableClient table)
{
    private const string RunRow = "!run";
    private const string CompletionRow = "!completion";

    /// <summary>Does nothing when this run is there already.</summary>
    public Task StartAsync(string id, DateTimeOffset asOf, CancellationToken ct) =>
        table.TryAddAsync(new TableEntity(id, RunRow) { ["AsOf"] = asOf }, ct); // two callers in one millisecond start one roll-up

    /// <summary>Inserts a shard's counts once, all chunks in one transaction; what is there already stays.</summary>
    public async Task AddShardAsync(string id, string shard, IReadOnlyList<string> chunks, CancellationToken ct)
    {
        try
        {
            await TableBatch.SubmitAsync(table, [.. chunks.Select((chunk, index) => new TableTransactionAction(
                TableTransactionActionType.Add,
                new TableEntity(id, string.Create(CultureInfo.InvariantCulture, $"{shard}!{index:D2}")) { ["Counts"] = chunk }))], ct);
        }
        catch (TableTransactionFailedException e) when (e.Status == 409)
        {
            // This shard was counted before: the first count stands.
        }
    }

    /// <summary>How many shards are done, and which of them completes the run: keys only, one transaction.</summary>
    public async Task<(int ShardsDone, string? CompletedBy)> ProgressAsync(string id, CancellationToken ct)
    {
        var shards = new HashSet<string>();
        string? completedBy = null;
        await foreach (var row in table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {id}"), select: ["RowKey", "CompletedBy"], cancellationToken: ct))
        {
            if (row.RowKey == CompletionRow)
            {
                completedBy = row.GetString("CompletedBy");
            }
            else if (row.RowKey != RunRow)
            {
                shards.Add(row.RowKey[..2]);
            }
        }

        return (shards.Count, completedBy);
    }

    /// <summary>
    /// Of the shards that find the set complete at the same time, one writes the aggregates. If it dies half way, its message
    /// comes again and it finds its own claim.
    /// </summary>
    /// <returns>False when another shard was first.</returns>
    public async Task<bool> TryClaimCompletionAsync(string id, string shard, CancellationToken ct) =>
        await table.TryAddAsync(new TableEntity(id, CompletionRow) { ["CompletedBy"] = shard }, ct)
        || (await ProgressAsync(id, ct)).CompletedBy == shard; // our own claim, whose answer was lost

    /// <summary>The sum over all shards.</summary>
    public async Task<ShardTally> SumAsync(string id, CancellationToken ct)
    {
        var sum = ShardTally.Empty;
        await foreach (var row in table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {id} and RowKey ge {RowKeys.EndOf("")}"), cancellationToken: ct))
        {
            sum.AddChunk(row.GetString("Counts"));
        }

        return sum;
    }

    public Task CompleteAsync(string id, DateTimeOffset at, CancellationToken ct) => table.UpdateEntityAsync(
        new TableEntity(id, RunRow) { ["CompletedAt"] = at }, ETag.All /* any shard that finds the set complete may say so */,
        TableUpdateMode.Merge, ct);

    /// <returns>Null when there is no such run, or it was pruned.</returns>
    public async Task<RollUp?> FindAsync(string id, CancellationToken ct)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(id, RunRow, cancellationToken: ct);
        return row.HasValue
            ? new RollUp(id, row.Value!.GetDateTimeOffset("AsOf")!.Value, (await ProgressAsync(id, ct)).ShardsDone, row.Value!.GetDateTimeOffset("CompletedAt"))
            : null;
    }

    /// <summary>Deletes the rows of runs before this moment.</summary>
    public Task PruneAsync(DateTimeOffset before, CancellationToken ct) => TablePruning.DeletePartitionsBeforeAsync(table, RollUp.IdOf(before), ct);
}
