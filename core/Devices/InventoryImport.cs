using System.Globalization;
using Atp.Core.Audit;
using Atp.Core.Collections;
using Atp.Core.Errors;
using Atp.Core.Requests;
using Atp.Core.Site;

namespace Atp.Core.Devices;

/// <summary>One row of an import: its inventory, or why it can't be read.</summary>
public sealed record ImportRow(int Line, InventoryInput? Input, ImportError? Error);

/// <summary>Why a row was rejected.</summary>
/// <param name="Line">Counted from 1, the CSV header included.</param>
public sealed record ImportError(int Line, string Field, string Code, string Detail);

/// <summary>What an import did. The good rows are kept whatever the others are.</summary>
/// <param name="Errors">The first 1,000; <paramref name="Rejected"/> counts all.</param>
public sealed record ImportResult(int Received, int Created, int Updated, int Unchanged, int Rejected, IReadOnlyList<ImportError> Errors);

/// <summary>
/// Imports an inventory of any size as it streams in: rows wait in a bounded buffer per shard, and a full one is written in
/// transactions of up to 100 rows. A device that comes twice counts with its last row.
/// </summary>
public sealed class InventoryImport(
    FleetChanges changes, SiteSnapshots snapshots, ShardMap shards, CollectionEvaluation evaluation, AuditTrail audit)
{
    private const int RowsPerShard = 400;
    private const int ShardsAtOnce = 8;
    private const int MaxErrors = 1000;

    /// <summary>The subject of the audit's row: what changes many devices has no thing of its own.</summary>
    internal const string AuditSubject = "inventory";

    public Task<ImportResult> ImportAsync(IAsyncEnumerable<ImportRow> rows, Caller caller, CancellationToken ct) =>
        audit.ChangeAsync(caller, "devices.import", AuditSubject, async () =>
        {
            var run = new Run(changes, shards, evaluation, await snapshots.ReadAsync(ct), ct);
            await foreach (var row in rows.WithCancellation(ct))
            {
                await run.AddAsync(row);
            }

            var result = await run.FinishAsync();
            return (result, string.Create(
                CultureInfo.InvariantCulture, $"{result.Created} created, {result.Updated} updated, {result.Rejected} rejected"));
        }, ct);

    private sealed class Run(
        FleetChanges changes, ShardMap shards, CollectionEvaluation evaluation, SiteSnapshot site, CancellationToken ct)
    {
        private readonly Dictionary<string, Dictionary<string, (int Line, Inventory Inventory)>> waiting = [];
        private readonly List<Task> writing = [];
        private readonly Dictionary<string, Task> lastOfShard = [];
        private readonly List<ImportError> errors = [];
        private readonly Dictionary<string, HashSet<string>> touched = [];
        private readonly Lock counting = new();
        private int received;
        private int created;
        private int updated;
        private int unchanged;
        private int rejected;

        public async Task AddAsync(ImportRow row)
        {
            received++;
            if (row.Error is not null)
            {
                Reject(row.Error);
                return;
            }

            var found = new FieldErrors();
            if (!DeviceId.TryParse(row.Input!.DeviceId, out var id))
            {
                found.Add("deviceId", "device.id-invalid", DeviceId.Rule);
            }

            var inventory = row.Input.ToInventory(found);
            if (found.Any)
            {
                Reject(found.First(row.Line));
                return;
            }

            var shard = shards.ShardOf(id);
            if (!waiting.TryGetValue(shard, out var buffer))
            {
                waiting[shard] = buffer = [];
            }

            if (!buffer.TryAdd(id, (row.Line, inventory)))
            {
                buffer[id] = (row.Line, inventory);
                lock (counting)
                {
                    unchanged++; // the row before it never came to be written
                }
            }

            if (buffer.Count == RowsPerShard)
            {
                waiting.Remove(shard);
                await StartAsync(shard, buffer);
            }
        }

        public async Task<ImportResult> FinishAsync()
        {
            foreach (var (shard, buffer) in waiting)
            {
                await StartAsync(shard, buffer);
            }

            await Task.WhenAll(writing);
            foreach (var (collectionId, touchedShards) in touched)
            {
                if (site.Collections.ContainsKey(collectionId))
                {
                    await evaluation.RecountAsync(collectionId, touchedShards, ct);
                }
            }

            return new ImportResult(received, created, updated, unchanged, rejected, [.. errors.OrderBy(e => e.Line)]);
        }

        private async Task StartAsync(string shard, Dictionary<string, (int Line, Inventory Inventory)> buffer)
        {
            while (writing.Count >= ShardsAtOnce)
            {
                var done = await Task.WhenAny(writing);
                writing.Remove(done);
                await done;
            }

            var write = WriteAsync(lastOfShard.GetValueOrDefault(shard, Task.CompletedTask), shard, buffer);
            lastOfShard[shard] = write;
            writing.Add(write);
        }

        /// <summary>One buffer of a shard after the other: of a device that is in both, the last row must win.</summary>
        private async Task WriteAsync(Task before, string shard, Dictionary<string, (int Line, Inventory Inventory)> buffer)
        {
            await before;
            var outcome = await changes.ApplyAsync(shard, buffer.Keys, site, found =>
            {
                var inventory = buffer[found.Id].Inventory;
                var device = found.Device is null
                    ? new Device { Id = found.Id, Inventory = inventory }
                    : found.Device.Inventory.SameAs(inventory) ? found.Device : found.Device with { Inventory = inventory };
                return device.Deleting ? null : Membership.Apply(device, site);
            }, ct);
            lock (counting)
            {
                foreach (var change in outcome)
                {
                    Count(shard, change, buffer[change.Before.Id].Line);
                }
            }
        }

        private void Count(string shard, FleetChange change, int line)
        {
            if (change.After is null)
            {
                Reject(new ImportError(line, "deviceId", "device.deleting", "The device is being deleted. Import it again in a moment."));
                return;
            }

            var before = change.Before.Device;
            created += before is null ? 1 : 0;
            updated += before is not null && before != change.After ? 1 : 0;
            unchanged += before == change.After ? 1 : 0;
            // Unchanged devices' collections too: this may repeat an import that was cut off before it counted them.
            foreach (var collectionId in change.After.Collections.Union(before?.Collections ?? []))
            {
                if (!touched.TryGetValue(collectionId, out var touchedShards))
                {
                    touched[collectionId] = touchedShards = [];
                }

                touchedShards.Add(shard);
            }
        }

        private void Reject(ImportError error)
        {
            lock (counting)
            {
                rejected++;
                if (errors.Count < MaxErrors)
                {
                    errors.Add(error);
                }
            }
        }
    }
}
