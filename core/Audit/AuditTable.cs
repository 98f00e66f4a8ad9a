using System.Collections.Concurrent;
using System.Globalization;
using Atp.Core.Devices;
using Atp.Core.Storage;
using Azure;
using Azure.Data.Tables;

namespace Atp.Core.Audit;

/// <summary>
/// Table <c>audit</c>: partition <c>{day}!{shard of the subject}</c>. Rows are only ever added. Each names the hash of the one before
/// it, and the row <c>head</c>, which is written in the same transaction, that of the last: a missing or changed one shows. Row keys
/// count down, so that the newest comes first.
/// </summary>
public sealed class AuditTable(TableClient table, ShardMap shards)
{
    private const string HeadRow = "head";
    private const string OncePrefix = "once!";
    private const int Attempts = 50;

    /// <summary>What this instance knows of the partitions that it wrote to: mostly right, so that an entry is one transaction.</summary>
    private readonly ConcurrentDictionary<string, Head> heads = new();

    /// <summary>Adds an entry to its chain: one transaction, and two more each time that somebody else was quicker.</summary>
    /// <param name="entry">The entry; its time decides the partition.</param>
    /// <param name="onceKey">Makes the fact recognisable, so that it is on record once; null: every call is an entry.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>False when an entry with this once-key is in the partition already.</returns>
    public async Task<bool> AppendAsync(AuditEntry entry, string? onceKey, CancellationToken ct)
    {
        var partition = PartitionOf(entry);
        ForgetBefore(entry.At);
        string? attempted = null;
        for (var attempt = 1; ; attempt++)
        {
            var head = heads.TryGetValue(partition, out var known) ? known : await ReadHeadAsync(partition, ct);
            if (attempted is not null && head.Hash == attempted)
            {
                return true; // written by the attempt whose answer was lost
            }

            // Keys count down with time, whatever the clocks of several instances say.
            var ticks = Math.Max(entry.At.UtcTicks, head.Ticks);
            var chained = AuditChain.Append(partition, head.Sequence, head.Hash, entry);
            var next = new Head(chained.Sequence, chained.Hash, ticks, default);
            List<TableTransactionAction> actions = onceKey is null ? [] : [new(TableTransactionActionType.Add, new TableEntity(partition, OncePrefix + onceKey))];
            actions.Add(head.Sequence == 0
                ? new(TableTransactionActionType.Add, HeadColumns(partition, next))
                : new(TableTransactionActionType.UpdateReplace, HeadColumns(partition, next), head.Version));
            actions.Add(new(TableTransactionActionType.Add, EntryColumns(chained, ticks)));
            heads.TryRemove(partition, out _); // until it is known again
            try
            {
                var answers = await table.SubmitTransactionAsync(actions, ct);
                heads[partition] = next with { Version = answers.Value[^2].Headers.ETag!.Value };
                return true;
            }
            catch (TableTransactionFailedException e) when (e.Status == 409 && onceKey is not null && e.FailedTransactionActionIndex == 0)
            {
                heads[partition] = head;
                return false;
            }
            catch (TableTransactionFailedException e) when (e.Status is 409 or 412 && attempt < Attempts)
            {
                attempted = chained.Hash;
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(0, Math.Min(100, 5 * attempt))), ct);
            }
        }
    }

    /// <summary>Deletes the days before this moment.</summary>
    public Task PruneAsync(DateTimeOffset before, CancellationToken ct) => TablePruning.DeletePartitionsBeforeAsync(table, DayOf(before), ct);

    private static string DayOf(DateTimeOffset at) => at.UtcDateTime.ToString("yyyyMMdd", CultureInfo.InvariantCulture);

    private async Task<Head> ReadHeadAsync(string partition, CancellationToken ct)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(partition, HeadRow, cancellationToken: ct);
        return row is { HasValue: true, Value: { } head }
            ? new Head(head.GetInt32("Sequence")!.Value, head.GetString("Hash"), head.GetInt64("Ticks")!.Value, head.ETag)
            : new Head(0, "", 0, default);
    }

    private static TableEntity HeadColumns(string partition, Head head) => new(partition, HeadRow)
    {
        ["Sequence"] = head.Sequence,
        ["Hash"] = head.Hash,
        ["Ticks"] = head.Ticks,
    };

    private static TableEntity EntryColumns(ChainedEntry chained, long ticks)
    {
        var entry = chained.Entry;
        return new TableEntity(chained.Partition, RowKeyOf(ticks, chained.Sequence))
        {
            ["Sequence"] = chained.Sequence,
            ["PreviousHash"] = chained.PreviousHash,
            ["Hash"] = chained.Hash,
            ["At"] = entry.At,
            ["Caller"] = entry.CallerId,
            ["CallerName"] = entry.CallerName,
            ["Address"] = entry.Address ?? "",
            ["Action"] = entry.Action,
            ["Subject"] = entry.Subject,
            ["Outcome"] = entry.Outcome.ToString(),
            ["Detail"] = entry.Detail,
            ["CorrelationId"] = entry.CorrelationId ?? "",
        };
    }

    private static string RowKeyOf(long ticks, int sequence) =>
        string.Create(CultureInfo.InvariantCulture, $"{DateTime.MaxValue.Ticks - ticks:D19}!{int.MaxValue - sequence:D10}");

    /// <summary>Those of days that are over, so that their number stays that of the shards.</summary>
    private void ForgetBefore(DateTimeOffset now)
    {
        if (heads.Count > 2 * shards.All.Count)
        {
            var day = DayOf(now);
            foreach (var old in heads.Keys.Where(partition => string.CompareOrdinal(partition[..8], day) < 0))
            {
                heads.TryRemove(old, out _);
            }
        }
    }

    private string PartitionOf(AuditEntry entry) => $"{DayOf(entry.At)}!{shards.ShardOf(entry.Subject)}";

    private sealed record Head(int Sequence, string Hash, long Ticks, ETag Version);
}
