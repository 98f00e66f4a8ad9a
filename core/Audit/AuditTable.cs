using System.Globalization;
using Atp.Core.Devices;
using Atp.Core.Requests;
using Atp.Core.Storage;
using Azure;
using Azure.Data.Tables;

namespace Atp.Core.Audit;

/// <summary>Who did what to which thing, with what result; never a secret.</summary>
/// <param name="At">When, UTC.</param>
/// <param name="Caller">Who.</param>
/// <param name="Action">What, e.g. <c>policy.created</c>.</param>
/// <param name="Subject">The id of the thing.</param>
/// <param name="Result">How it ended, e.g. <c>revision 3</c>.</param>
public sealed record AuditEntry(DateTimeOffset At, Caller Caller, string Action, string Subject, string Result)
{
    /// <summary>Makes the row's key the same for the same fact, so that it is written once. Null: every call is a row of its own.</summary>
    public string? OnceKey { get; init; }
}

/// <summary>Table <c>audit</c>: partition <c>{day}!{shard of the subject}</c>, row a version-7 UUID. Rows are only ever added.</summary>
public sealed class AuditTable(TableClient table, ShardMap shards)
{
    /// <summary>Does nothing when the entry has a once-key that is there already.</summary>
    public async Task WriteAsync(AuditEntry entry, CancellationToken ct)
    {
        var row = new TableEntity(PartitionFor(entry), entry.OnceKey ?? Guid.CreateVersion7(entry.At).ToString())
        {
            ["At"] = entry.At,
            ["Caller"] = entry.Caller.Id,
            ["CallerName"] = entry.Caller.DisplayName,
            ["Action"] = entry.Action,
            ["Subject"] = entry.Subject,
            ["Result"] = entry.Result,
        };
        // If not, it was written before, by this call's own lost attempt or under the same once-key: the fact is on record.
        await table.TryAddAsync(row, ct);
    }

    /// <summary>Deletes the days before this moment.</summary>
    public Task PruneAsync(DateTimeOffset before, CancellationToken ct) => TablePruning.DeletePartitionsBeforeAsync(
        table, before.UtcDateTime.ToString("yyyyMMdd", CultureInfo.InvariantCulture), ct);

    private string PartitionFor(AuditEntry entry) => string.Create(
        CultureInfo.InvariantCulture, $"{entry.At.UtcDateTime:yyyyMMdd}!{shards.ShardOf(entry.Subject)}");
}
