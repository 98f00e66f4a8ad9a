using Azure;
using Azure.Data.Tables;

namespace Atp.Core.Storage;

/// <summary>Deletes old partitions of tables whose partition keys start with a time.</summary>
public static class TablePruning
{
    /// <summary>Every row whose partition key sorts before <paramref name="partition"/>; safe to repeat.</summary>
    public static async Task DeletePartitionsBeforeAsync(TableClient table, string partition, CancellationToken ct)
    {
        var batch = new List<TableTransactionAction>(TableBatch.MaxActions);
        await foreach (var row in table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey lt {partition}"), select: ["PartitionKey", "RowKey"], cancellationToken: ct))
        {
            if (batch.Count == TableBatch.MaxActions || (batch.Count > 0 && batch[0].Entity.PartitionKey != row.PartitionKey))
            {
                await TableBatch.SubmitAsync(table, batch, ct);
                batch.Clear();
            }

            batch.Add(new(TableTransactionActionType.Delete, new TableEntity(row.PartitionKey, row.RowKey), ETag.All));
        }

        await TableBatch.SubmitAllAsync(table, batch, ct);
    }
}
