using System.Net;
using Azure;
using Azure.Data.Tables;

namespace Atp.Core.Storage;

/// <summary>Entity group transactions, with the limits that Azure enforces and Azurite doesn't.</summary>
public static class TableBatch
{
    /// <summary>Service limit for one entity group transaction.</summary>
    public const int MaxActions = 100;

    /// <summary>Service limit for Edm.DateTime.</summary>
    private const int EarliestYear = 1601;

    /// <summary>One atomic transaction. A delete of a row that is gone already counts as done.</summary>
    /// <exception cref="ArgumentException">More than 100 actions, several partitions, one row twice, or a time before 1601: Azure refuses these.</exception>
    /// <exception cref="TableTransactionFailedException">Status 409 or 412 when a row was not as expected.</exception>
    public static async Task SubmitAsync(TableClient table, IReadOnlyList<TableTransactionAction> actions, CancellationToken ct)
    {
        Guard(actions);
        var remaining = actions;
        while (remaining.Count > 0)
        {
            try
            {
                await table.SubmitTransactionAsync(remaining, ct);
                return;
            }
            catch (TableTransactionFailedException e) when (DeletesAMissingRow(remaining, e))
            {
                remaining = [.. remaining.Where((_, index) => index != e.FailedTransactionActionIndex)];
            }
        }
    }

    /// <summary>
    /// As many transactions as it takes, 100 actions each, in order. Atomic within one, not across them, so the actions must
    /// be safe to repeat.
    /// </summary>
    public static async Task SubmitAllAsync(TableClient table, IEnumerable<TableTransactionAction> actions, CancellationToken ct)
    {
        foreach (var chunk in actions.Chunk(MaxActions))
        {
            await SubmitAsync(table, chunk, ct);
        }
    }

    internal static void Guard(IReadOnlyList<TableTransactionAction> actions)
    {
        if (actions.Count > MaxActions)
        {
            throw new ArgumentException($"{actions.Count} actions are more than one transaction holds ({MaxActions}).", nameof(actions));
        }

        if (actions.Select(a => a.Entity.PartitionKey).Distinct(StringComparer.Ordinal).Skip(1).Any())
        {
            throw new ArgumentException("The actions of one transaction must be in one partition.", nameof(actions));
        }

        if (actions.Select(a => a.Entity.RowKey).Distinct(StringComparer.Ordinal).Count() != actions.Count)
        {
            throw new ArgumentException("One transaction can't change the same row twice.", nameof(actions));
        }

        if (actions.Any(a => a.Entity is TableEntity row && row.Any(column => column.Value is DateTimeOffset { Year: < EarliestYear })))
        {
            throw new ArgumentException($"Tables hold no time before the year {EarliestYear}.", nameof(actions));
        }
    }

    private static bool DeletesAMissingRow(IReadOnlyList<TableTransactionAction> actions, TableTransactionFailedException e) =>
        e.Status == (int)HttpStatusCode.NotFound
        && e.FailedTransactionActionIndex is int index && index < actions.Count
        && actions[index].ActionType == TableTransactionActionType.Delete;
}
