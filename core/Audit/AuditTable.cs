using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using Atp.Core.Devices;
using Atp.Core.Requests;
using Atp.Core.Storage;
using Azure;
using Azure.Data.Tables;

namespace Atp.Core.Audit;

/// <summary>
/// Table <c>audit</c>: partition <c>{day}!{shard of the subject}</c>. Rows are only ever added. Each names the hash of the one before
/// it, and the row <c>head</c>, which is written in the same transaction, that of the last: a missing or changed one shows. Row keys
/// count down, so that the newest comes first; what is on record once has a mark, <c>once!…</c>.
/// </summary>
public sealed class AuditTable(TableClient table, ShardMap shards)
{
    private const string HeadRow = "head";
    private const string OncePrefix = "once!";
    private const int Attempts = 50;
    private const int ReadAtOnce = 1000;

    /// <summary>What this instance knows of the partitions that it wrote to: mostly right, so that an entry is one transaction.</summary>
    private readonly ConcurrentDictionary<string, StoredHead> heads = new();

    /// <summary>
    /// Within one instance the entries of a shard take turns, since all but one of those that come at once would be in vain. Only a
    /// courtesy: who waits too long goes ahead, and the head's If-Match decides.
    /// </summary>
    private readonly ConcurrentDictionary<string, SemaphoreSlim> turns = new();

    public IReadOnlyList<string> Shards => shards.All;

    public string ShardOf(string subject) => shards.ShardOf(subject);

    /// <summary>Adds an entry to its chain: one transaction, and two more each time that another instance was quicker.</summary>
    /// <param name="entry">The entry; its time decides the partition.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>False when an entry with this once-key is in the partition already.</returns>
    public async Task<bool> AppendAsync(AuditEntry entry, CancellationToken ct)
    {
        var shard = shards.ShardOf(entry.Subject);
        var partition = AuditChain.PartitionOf(AuditChain.DayOf(entry.At), shard);
        var turn = turns.GetOrAdd(shard, _ => new SemaphoreSlim(1));
        ForgetBefore(entry.At);
        ChainedEntry? attempted = null;
        for (var attempt = 1; ; attempt++)
        {
            var isTurn = await turn.WaitAsync(TimeSpan.FromMilliseconds(Random.Shared.Next(500, 1500)), ct);
            try
            {
                var known = heads.TryGetValue(partition, out var remembered)
                    ? remembered
                    : await FindHeadAsync(partition, ct) ?? new StoredHead(ChainHead.None, default);
                if (attempted is not null && await IsWrittenAsync(attempted, known.Head, ct))
                {
                    return true; // by an attempt whose answer was lost
                }

                attempted = AuditChain.Append(partition, known.Head, entry);
                return await SubmitAsync(attempted, known, ct);
            }
            catch (TableTransactionFailedException e) when (e.Status is 409 or 412 && attempt < Attempts)
            {
                // Somebody else was quicker.
            }
            finally
            {
                if (isTurn)
                {
                    turn.Release();
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(0, Math.Min(100, 5 * attempt))), ct);
        }
    }

    /// <summary>The entries of one shard and day that a filter names, newest first.</summary>
    /// <param name="day">The day.</param>
    /// <param name="shard">The shard.</param>
    /// <param name="filter">What they must be; the server looks.</param>
    /// <param name="fromKey">A row key to go on at.</param>
    /// <param name="isAfter">Whether that one itself is left out.</param>
    /// <param name="readAtOnce">How many to read in one transaction.</param>
    /// <param name="ct">Cancels.</param>
    public async IAsyncEnumerable<ChainedEntry> EntriesAsync(
        string day, string shard, AuditFilter filter, string fromKey, bool isAfter, int readAtOnce, [EnumeratorCancellation] CancellationToken ct)
    {
        var partition = AuditChain.PartitionOf(day, shard);
        string[] conditions =
        [
            isAfter
                ? TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey gt {fromKey} and RowKey lt {HeadRow}")
                : TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey ge {fromKey} and RowKey lt {HeadRow}"),
            .. ConditionsOf(filter),
        ];
        await foreach (var row in table.QueryAsync<TableEntity>(string.Join(" and ", conditions), readAtOnce, cancellationToken: ct))
        {
            // One that can't be read was tampered with: the verification tells it, and the others are shown.
            if (ReadEntry(row) is { } entry)
            {
                yield return entry;
            }
        }
    }

    /// <summary>Whether there is anything of this day: one transaction.</summary>
    public async Task<bool> HasDayAsync(string day, CancellationToken ct) => await NextPartitionAsync(day, RowKeys.EndOf(day), ct) is not null;

    /// <summary>The first partition after one key and before another; null when there is none.</summary>
    public async Task<string?> NextPartitionAsync(string after, string end, CancellationToken ct)
    {
        var filter = TableClient.CreateQueryFilter($"PartitionKey gt {after} and PartitionKey lt {end}");
        await foreach (var row in table.QueryAsync<TableEntity>(filter, maxPerPage: 1, ["PartitionKey"], ct))
        {
            return row.PartitionKey;
        }

        return null;
    }

    /// <summary>Verifies a chain as it streams by, whoever appends to it meanwhile: three transactions, and one per 1,000 rows.</summary>
    /// <param name="partition">The chain.</param>
    /// <param name="asked">A sequence whose hash is wanted.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<ChainReport> VerifyAsync(string partition, int? asked, CancellationToken ct)
    {
        var verifier = new ChainVerifier(partition, (await FindHeadAsync(partition, ct))?.Head, asked);
        await foreach (var row in table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {partition}"), ReadAtOnce, cancellationToken: ct))
        {
            if (AuditChain.SequenceOf(row.RowKey) is { } sequence)
            {
                verifier.Add(row.RowKey, sequence, ReadEntry(row));
            }
            else if (row.RowKey.StartsWith(OncePrefix, StringComparison.Ordinal) && row.TryGetValue("Sequence", out var of) && of is int marked)
            {
                verifier.AddMark(row.RowKey[OncePrefix.Length..], marked);
            }
            else if (row.RowKey != HeadRow)
            {
                verifier.AddForeign(row.RowKey);
            }
        }

        return verifier.Finish((await FindHeadAsync(partition, ct))?.Head);
    }

    /// <summary>Deletes the days before this moment.</summary>
    public Task PruneAsync(DateTimeOffset before, CancellationToken ct) =>
        TablePruning.DeletePartitionsBeforeAsync(table, AuditChain.DayOf(before), ct);

    /// <summary>The filter's conditions as the service takes them; every value is quoted.</summary>
    private static IEnumerable<string> ConditionsOf(AuditFilter filter)
    {
        yield return TableClient.CreateQueryFilter($"At ge {filter.Period.From}");
        if (filter.Period.To is { } to)
        {
            yield return TableClient.CreateQueryFilter($"At lt {to}");
        }

        if (filter.Subject is not null)
        {
            yield return TableClient.CreateQueryFilter($"Subject eq {filter.Subject}");
        }

        if (filter.Caller is not null)
        {
            yield return TableClient.CreateQueryFilter($"Caller eq {filter.Caller}");
        }

        if (filter.Action is { } action)
        {
            // '/' comes right after '.': the end of all that start so.
            yield return action.EndsWith('.')
                ? TableClient.CreateQueryFilter($"Action ge {action} and Action lt {action[..^1] + '/'}")
                : TableClient.CreateQueryFilter($"Action eq {action}");
        }

        if (filter.Outcome is { } outcome)
        {
            yield return TableClient.CreateQueryFilter($"Outcome eq {outcome.ToString()}");
        }

        if (filter.CorrelationId is not null)
        {
            yield return TableClient.CreateQueryFilter($"CorrelationId eq {filter.CorrelationId}");
        }
    }

    /// <returns>False when an entry with this once-key is there already.</returns>
    private async Task<bool> SubmitAsync(ChainedEntry chained, StoredHead known, CancellationToken ct)
    {
        var partition = chained.Partition;
        var next = new ChainHead(chained.Sequence, chained.Hash, Math.Max(chained.Entry.At.UtcTicks, known.Head.Ticks));
        List<TableTransactionAction> actions = chained.Entry.OnceKey is { } onceKey
            ? [new(TableTransactionActionType.Add, new TableEntity(partition, OncePrefix + onceKey) { ["Sequence"] = chained.Sequence })]
            : [];
        actions.Add(known.Head.Sequence == 0
            ? new(TableTransactionActionType.Add, HeadColumns(partition, next))
            : new(TableTransactionActionType.UpdateReplace, HeadColumns(partition, next), known.Version));
        actions.Add(new(TableTransactionActionType.Add, EntryColumns(chained)));
        heads.TryRemove(partition, out _); // until it is known again
        try
        {
            var answers = await table.SubmitTransactionAsync(actions, ct);
            heads[partition] = new StoredHead(next, answers.Value[^2].Headers.ETag!.Value);
            return true;
        }
        catch (TableTransactionFailedException e) when (e.Status == 409 && chained.Entry.OnceKey is not null && e.FailedTransactionActionIndex == 0)
        {
            heads[partition] = known;
            return false;
        }
    }

    /// <summary>Others may have appended to it since.</summary>
    private async Task<bool> IsWrittenAsync(ChainedEntry attempted, ChainHead head, CancellationToken ct) =>
        head.Sequence == attempted.Sequence ? head.Hash == attempted.Hash
        : head.Sequence > attempted.Sequence
            && await table.GetEntityIfExistsAsync<TableEntity>(attempted.Partition, attempted.RowKey, cancellationToken: ct) is { HasValue: true, Value: { } row }
            && row.GetString("Hash") == attempted.Hash;

    private async Task<StoredHead?> FindHeadAsync(string partition, CancellationToken ct)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(partition, HeadRow, cancellationToken: ct);
        return row is { HasValue: true, Value: { } head }
            && Value<int>(head, "Sequence") is { } sequence && Value<long>(head, "Ticks") is { } ticks && Text(head, "Hash") is { } hash
                ? new StoredHead(new ChainHead(sequence, hash, ticks), head.ETag)
                : null;
    }

    private static TableEntity HeadColumns(string partition, ChainHead head) => new(partition, HeadRow)
    {
        ["Sequence"] = head.Sequence,
        ["Hash"] = head.Hash,
        ["Ticks"] = head.Ticks,
    };

    private static TableEntity EntryColumns(ChainedEntry chained)
    {
        var entry = chained.Entry;
        return new TableEntity(chained.Partition, chained.RowKey)
        {
            ["Sequence"] = chained.Sequence,
            ["PreviousHash"] = chained.PreviousHash,
            ["Hash"] = chained.Hash,
            ["Id"] = entry.Id,
            ["At"] = entry.At,
            ["Caller"] = entry.CallerId,
            ["CallerName"] = entry.CallerName,
            ["Address"] = entry.Address ?? "",
            ["Action"] = entry.Action,
            ["Subject"] = entry.Subject,
            ["Outcome"] = entry.Outcome.ToString(),
            ["Detail"] = entry.Detail,
            ["CorrelationId"] = entry.CorrelationId ?? "",
            ["IntentId"] = entry.IntentId ?? "",
            ["OnceKey"] = entry.OnceKey ?? "",
        };
    }

    /// <returns>Null when a column is missing or is not what it was written as: somebody else wrote it.</returns>
    private static ChainedEntry? ReadEntry(TableEntity row) =>
        Value<int>(row, "Sequence") is { } sequence && Text(row, "PreviousHash") is { } previousHash && Text(row, "Hash") is { } hash
        && Text(row, "Id") is { } id && Value<DateTimeOffset>(row, "At") is { } at && Text(row, "Caller") is { } callerId
        && Text(row, "CallerName") is { } callerName && Text(row, "Address") is { } address && Text(row, "Action") is { } action
        && Text(row, "Subject") is { } subject && Text(row, "Outcome") is { } text && EnumByName.TryParse<AuditOutcome>(text, out var outcome)
        && Text(row, "Detail") is { } detail && Text(row, "CorrelationId") is { } correlationId && Text(row, "IntentId") is { } intentId
        && Text(row, "OnceKey") is { } onceKey
            ? new ChainedEntry(row.PartitionKey, row.RowKey, sequence, previousHash, hash, new AuditEntry
            {
                Id = id,
                At = at,
                CallerId = callerId,
                CallerName = callerName,
                Address = NotEmpty(address),
                Action = action,
                Subject = subject,
                Outcome = outcome,
                Detail = detail,
                CorrelationId = NotEmpty(correlationId),
                IntentId = NotEmpty(intentId),
                OnceKey = NotEmpty(onceKey),
            })
            : null;

    private static string? Text(TableEntity row, string column) => row.TryGetValue(column, out var value) ? value as string : null;

    private static T? Value<T>(TableEntity row, string column)
        where T : struct => row.TryGetValue(column, out var value) && value is T typed ? typed : null;

    private static string? NotEmpty(string text) => text.Length == 0 ? null : text;

    /// <summary>Those of days that are over, so that their number stays that of the shards.</summary>
    private void ForgetBefore(DateTimeOffset now)
    {
        if (heads.Count > 2 * shards.All.Count)
        {
            var day = AuditChain.DayOf(now);
            foreach (var old in heads.Keys.Where(partition => string.CompareOrdinal(partition[..day.Length], day) < 0))
            {
                heads.TryRemove(old, out _);
            }
        }
    }

    private sealed record StoredHead(ChainHead Head, ETag Version);
}
