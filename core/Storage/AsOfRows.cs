using Atp.Core.Errors;
using Azure.Data.Tables;

namespace Atp.Core.Storage;

/// <summary>Rows that say how things stood as of one moment, in their column <c>AsOf</c>.</summary>
public static class AsOfRows
{
    /// <summary>
    /// Writes a partition's rows over older ones only, in transactions of up to 100, so that of two roll-ups that overlap the newer
    /// one's stay, whichever writes last.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="rows">By row key.</param>
    /// <param name="asOf">Their moment, UTC.</param>
    /// <param name="removeGone">Whether older rows that are not among these are removed.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DomainException">Stale: another roll-up was writing. Call again.</exception>
    public static async Task ReplaceOlderAsync(
        this TableClient table, string partition, Dictionary<string, TableEntity> rows, DateTimeOffset asOf, bool removeGone, CancellationToken ct)
    {
        var actions = new List<TableTransactionAction>();
        await foreach (var stored in table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {partition}"), cancellationToken: ct))
        {
            var isOlder = stored.GetDateTimeOffset("AsOf") <= asOf;
            if (rows.Remove(stored.RowKey, out var row))
            {
                if (isOlder)
                {
                    actions.Add(new(TableTransactionActionType.UpdateReplace, row, stored.ETag));
                }
            }
            else if (removeGone && isOlder)
            {
                actions.Add(new(TableTransactionActionType.Delete, stored, stored.ETag));
            }
        }

        actions.AddRange(rows.Values.Select(row => new TableTransactionAction(TableTransactionActionType.Add, row)));
        try
        {
            await TableBatch.SubmitAllAsync(table, actions, ct);
        }
        catch (TableTransactionFailedException e) when (e.Status is 409 or 412 or 404)
        {
            throw new DomainError(ErrorKind.Stale, "figures.changed", "Another roll-up was writing its figures.").ToException(e);
        }
    }
}
