using System.Net;
using System.Runtime.CompilerServices;
using Atp.Core.Errors;
using Atp.Core.Storage;
using Atp.Core.Telemetry;
using Azure;
using Azure.Data.Tables;

namespace Atp.Core.Devices;

/// <summary>
/// Table <c>fleet</c>: partition = shard; index rows <c>!{collection}!{device}</c>, device rows <c>{device}</c>, assignment rows
/// <c>{device}!{deployment}</c>, so that all about a device changes in one transaction and is read in one range.
/// </summary>
public sealed class FleetTable(TableClient table, ShardMap shards, AtpMetrics metrics)
{
    private const int PageSize = 1000;

    /// <summary>A guess, that sizes a page of devices which lie close together.</summary>
    private const int RowsPerDevice = 4;

    /// <summary>So many devices that nobody asked for are read over; a new query is cheaper than more.</summary>
    private const int MaxBetween = 50;
    private static readonly string[] IndexColumns = ["RowKey", "Build", "ProductType", "Sku", "OnboardedTo"];

    public string ShardOf(string deviceId) => shards.ShardOf(deviceId);

    /// <summary>A device with its assignments: one range query.</summary>
    public async Task<FleetDevice> FindAsync(string deviceId, CancellationToken ct)
    {
        await foreach (var found in ReadAsync(ShardOf(deviceId), deviceId, RowKeys.EndOf(deviceId), ct))
        {
            return found;
        }

        return FleetDevice.None(deviceId);
    }

    /// <summary>
    /// Devices of a shard by their ids, in that order. Reads on from one to the next where they lie close together, and jumps
    /// where they don't: never more queries than ids, and few rows that nobody asked for.
    /// </summary>
    /// <param name="shard">The shard.</param>
    /// <param name="sortedIds">Each once, in ordinal order.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyList<FleetDevice>> FindAllAsync(string shard, IReadOnlyList<string> sortedIds, CancellationToken ct)
    {
        var found = new List<FleetDevice>(sortedIds.Count);
        while (found.Count < sortedIds.Count)
        {
            var between = 0;
            var pageSize = Math.Min(PageSize, RowsPerDevice * (sortedIds.Count - found.Count));
            await foreach (var device in ReadAsync(shard, sortedIds[found.Count], RowKeys.EndOf(sortedIds[^1]), ct, pageSize))
            {
                while (string.CompareOrdinal(sortedIds[found.Count], device.Id) < 0)
                {
                    found.Add(FleetDevice.None(sortedIds[found.Count])); // the range is past it
                }

                if (sortedIds[found.Count] == device.Id)
                {
                    found.Add(device);
                    between = 0;
                }
                else
                {
                    between++;
                }

                if (between > MaxBetween || found.Count == sortedIds.Count)
                {
                    break;
                }
            }

            if (between <= MaxBetween)
            {
                found.AddRange(sortedIds.Skip(found.Count).Select(FleetDevice.None)); // the range ended before them
            }
        }

        return found;
    }

    /// <summary>All devices of a shard with their assignments, in order of their ids, a page in memory at a time.</summary>
    public IAsyncEnumerable<FleetDevice> DevicesAsync(string shard, CancellationToken ct) =>
        ReadAsync(shard, FleetRows.AfterIndex, null, ct);

    /// <summary>The devices of a shard after one id, for paging.</summary>
    public IAsyncEnumerable<FleetDevice> DevicesAfterAsync(string shard, string? afterId, CancellationToken ct) =>
        ReadAsync(shard, afterId is null ? FleetRows.AfterIndex : RowKeys.EndOf(afterId), null, ct);

    /// <summary>The members of a collection in one shard, in order of their ids, after <paramref name="afterDeviceId"/> if given.</summary>
    public async IAsyncEnumerable<CollectionMember> MembersAsync(
        string shard, string collectionId, string? afterDeviceId, [EnumeratorCancellation] CancellationToken ct)
    {
        var prefix = FleetRows.IndexPrefix(collectionId);
        var end = RowKeys.EndOfChildren(prefix);
        var start = afterDeviceId is null ? prefix : FleetRows.IndexKey(collectionId, afterDeviceId);
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {shard} and RowKey gt {start} and RowKey lt {end}");
        await foreach (var row in table.QueryAsync<TableEntity>(filter, PageSize, IndexColumns, ct))
        {
            yield return FleetRows.Member(row);
        }
    }

    /// <summary>How many members a collection has in one shard: a transaction per 1,000.</summary>
    public async Task<int> CountMembersAsync(string shard, string collectionId, CancellationToken ct)
    {
        var count = 0;
        await foreach (var _ in MembersAsync(shard, collectionId, null, ct))
        {
            count++;
        }

        return count;
    }

    /// <summary>
    /// Writes changes of devices of one shard, as many devices in a transaction as fit, each wholly within one.
    /// </summary>
    /// <exception cref="DomainException">Stale: a device changed since it was read. Read again and decide again.</exception>
    public async Task WriteAsync(IEnumerable<DeviceChange> changes, CancellationToken ct)
    {
        var batch = new List<TableTransactionAction>(TableBatch.MaxActions);
        var placed = 0;
        async Task SubmitBatchAsync()
        {
            await SubmitAsync(batch, ct);
            metrics.DevicesPlaced(placed);
            batch.Clear();
            placed = 0;
        }

        foreach (var change in changes)
        {
            var (actions, placements) = Actions(change);
            if (batch.Count + actions.Count > TableBatch.MaxActions)
            {
                await SubmitBatchAsync();
            }

            batch.AddRange(actions);
            placed += change.Place.Count;
            if (placements is not null)
            {
                await SubmitBatchAsync();
                await TableBatch.SubmitAllAsync(table, placements, ct);
                await RemoveLeftIndexAsync(change.After.Id, ct);
            }
        }

        await SubmitBatchAsync();
    }

    /// <summary>
    /// Removes the index rows that a change of membership left over, with If-Match on the device: it may have come back to a
    /// collection meanwhile. Safe to repeat; the roll-up calls it where a crash came in between.
    /// </summary>
    public Task RemoveLeftIndexAsync(string deviceId, CancellationToken ct) => Contention.RetryAsync(async () =>
    {
        var shard = ShardOf(deviceId);
        while (await FindAsync(deviceId, ct) is { Device: { Leaving.Count: > 0 } device, Version: var version })
        {
            var (now, later) = (device.Leaving.Take(TableBatch.MaxActions - 1), device.Leaving.Skip(TableBatch.MaxActions - 1).ToList());
            await SubmitAsync(
            [
                new(TableTransactionActionType.UpdateMerge, FleetRows.LeavingColumns(shard, deviceId, later), version),
                .. now.Select(id => new TableTransactionAction(
                    TableTransactionActionType.Delete, new TableEntity(shard, FleetRows.IndexKey(id, deviceId)), ETag.All)),
            ], ct);
        }
    }, ct);

    /// <summary>Makes devices of one shard targets of a deployment; repeating it changes nothing.</summary>
    public async Task PlaceAsync(string shard, string deploymentId, IReadOnlyList<string> deviceIds, DateTimeOffset at, CancellationToken ct)
    {
        await TableBatch.SubmitAllAsync(table, deviceIds.Select(id =>
            new TableTransactionAction(TableTransactionActionType.UpsertMerge, FleetRows.PlacedColumns(shard, id, deploymentId, at))), ct);
        metrics.DevicesPlaced(deviceIds.Count);
    }

    /// <summary>What a report said: health, when it is newer, and the result of one assignment, when that is. Creates no device.</summary>
    /// <exception cref="DomainException">Stale: the device changed, or one of the rows went away meanwhile.</exception>
    public Task RecordReportAsync(FleetDevice before, AgentHealth? health, Assignment? result, CancellationToken ct)
    {
        var shard = ShardOf(before.Id);
        // The device row is part of it even when its columns stay: its ETag serialises the reports of one device.
        List<TableTransactionAction> actions =
            [new(TableTransactionActionType.UpdateMerge, FleetRows.HealthColumns(shard, before.Id, health), before.Version)];
        if (health is not null && health.OnboardedTo != before.Device!.Health?.OnboardedTo)
        {
            // The index says whose devices are members; the device row's If-Match says that these are its collections.
            actions.AddRange(before.Device.Collections.Select(id => new TableTransactionAction(
                TableTransactionActionType.UpsertReplace, FleetRows.Index(shard, id, before.Device with { Health = health }))));
        }

        if (result is not null)
        {
            actions.Add(new(TableTransactionActionType.UpdateMerge, FleetRows.ResultColumns(shard, before.Id, result), ETag.All));
        }

        return SubmitAsync(actions, ct);
    }

    /// <summary>That the device took a file or workspace again. The device row's ETag makes the count exact.</summary>
    /// <exception cref="DomainException">Stale: the device changed since it was read.</exception>
    public Task RecordRedeliveryAsync(FleetDevice before, Assignment assignment, CancellationToken ct)
    {
        var shard = ShardOf(before.Id);
        return SubmitAsync(
        [
            new(TableTransactionActionType.UpdateMerge, new TableEntity(shard, before.Id), before.Version),
            new(TableTransactionActionType.UpsertMerge, FleetRows.RedeliveryColumns(shard, before.Id, assignment)),
        ], ct);
    }

    /// <summary>Keys and whether the devices are blocked, of devices of one shard: 100 in a transaction.</summary>
    /// <exception cref="DomainException">Stale: a device changed since it was read.</exception>
    public async Task WriteCredentialsAsync(IEnumerable<(FleetDevice Before, Device After)> changes, CancellationToken ct)
    {
        foreach (var batch in changes.Chunk(TableBatch.MaxActions))
        {
            await SubmitAsync([.. batch.Select(change => new TableTransactionAction(TableTransactionActionType.UpdateMerge,
                FleetRows.CredentialColumns(ShardOf(change.Before.Id), change.After), change.Before.Version))], ct);
        }
    }

    /// <summary>Marks a device for deletion: from here on it counts nowhere.</summary>
    /// <exception cref="DomainException">Stale: the device changed since it was read.</exception>
    public Task MarkDeletingAsync(FleetDevice before, CancellationToken ct) => SubmitAsync(
        [new(TableTransactionActionType.UpdateMerge, new TableEntity(ShardOf(before.Id), before.Id) { ["Deleting"] = true }, before.Version)], ct);

    /// <summary>Removes a marked device: index rows and assignments, then its row. Safe to repeat after a crash.</summary>
    public Task RemoveAsync(FleetDevice device, CancellationToken ct)
    {
        var shard = ShardOf(device.Id);
        var keys = (device.Device?.Collections ?? []).Union(device.Device?.Leaving ?? []).Select(id => FleetRows.IndexKey(id, device.Id))
            .Concat(device.Assignments.Keys.Select(id => FleetRows.AssignmentKey(device.Id, id)))
            .Append(device.Id);
        return TableBatch.SubmitAllAsync(table, keys.Select(key =>
            new TableTransactionAction(TableTransactionActionType.Delete, new TableEntity(shard, key), ETag.All)), ct);
    }

    /// <summary>Removes assignments that a race left over after their device had gone.</summary>
    public Task RemoveOrphanedAssignmentsAsync(FleetDevice leftOver, CancellationToken ct) =>
        TableBatch.SubmitAllAsync(table, leftOver.Assignments.Keys.Select(deploymentId => new TableTransactionAction(
            TableTransactionActionType.Delete,
            new TableEntity(ShardOf(leftOver.Id), FleetRows.AssignmentKey(leftOver.Id, deploymentId)), ETag.All)), ct);

    /// <summary>Removes the index rows that a collection has in one shard.</summary>
    public async Task RemoveIndexAsync(string shard, string collectionId, CancellationToken ct)
    {
        var batch = new List<TableTransactionAction>(TableBatch.MaxActions);
        await foreach (var member in MembersAsync(shard, collectionId, null, ct))
        {
            batch.Add(new(TableTransactionActionType.Delete,
                new TableEntity(shard, FleetRows.IndexKey(collectionId, member.DeviceId)), ETag.All));
            if (batch.Count == TableBatch.MaxActions)
            {
                await TableBatch.SubmitAsync(table, batch, ct);
                batch.Clear();
            }
        }

        await TableBatch.SubmitAllAsync(table, batch, ct);
    }

    private async IAsyncEnumerable<FleetDevice> ReadAsync(
        string shard, string fromKey, string? endKey, [EnumeratorCancellation] CancellationToken ct, int pageSize = PageSize)
    {
        var filter = endKey is null
            ? TableClient.CreateQueryFilter($"PartitionKey eq {shard} and RowKey ge {fromKey}")
            : TableClient.CreateQueryFilter($"PartitionKey eq {shard} and RowKey ge {fromKey} and RowKey lt {endKey}");
        string? id = null;
        Device? device = null;
        ETag version = default;
        var assignments = new Dictionary<string, Assignment>();
        await foreach (var row in table.QueryAsync<TableEntity>(filter, pageSize, cancellationToken: ct))
        {
            var (deviceId, deploymentId) = FleetRows.Parse(row.RowKey);
            if (id is not null && deviceId != id)
            {
                yield return new FleetDevice(id, device, version, assignments);
                (device, version, assignments) = (null, default, []);
            }

            id = deviceId;
            if (deploymentId is null)
            {
                (device, version) = (FleetRows.Device(row), row.ETag);
            }
            else
            {
                assignments[deploymentId] = FleetRows.Assignment(deploymentId, row);
            }
        }

        if (id is not null)
        {
            yield return new FleetDevice(id, device, version, assignments);
        }
    }

    /// <summary>
    /// The device row, the index rows that come and, when all fit one transaction, the placements and the index rows that go.
    /// Otherwise the device row keeps which are still to go, and the placements are given back to be written next: the device
    /// row decides who is a member and a target, so neither gives a wrong answer meanwhile.
    /// </summary>
    private (List<TableTransactionAction> Actions, List<TableTransactionAction>? Placements) Actions(DeviceChange change)
    {
        var (before, after) = (change.Before.Device, change.After);
        var shard = ShardOf(after.Id);
        var factsChanged = before?.Inventory.OperatingSystem != after.Inventory.OperatingSystem;
        List<TableTransactionAction> actions = [];
        actions.AddRange(after.Collections
            .Where(id => factsChanged || !before!.Collections.Contains(id))
            .Select(id => new TableTransactionAction(TableTransactionActionType.UpsertReplace, FleetRows.Index(shard, id, after))));
        var assignments = change.Place.ToDictionary(id => id, id => FleetRows.PlacedColumns(shard, after.Id, id, change.At));
        if (change.Fetched is { } fetched)
        {
            var row = FleetRows.FetchedColumns(shard, after.Id, fetched);
            if (assignments.Remove(fetched.DeploymentId))
            {
                row["PlacedAt"] = change.At;
            }

            actions.Add(new(TableTransactionActionType.UpsertMerge, row));
        }

        List<TableTransactionAction> placements =
            [.. assignments.Values.Select(row => new TableTransactionAction(TableTransactionActionType.UpsertMerge, row))];
        var going = (before?.Collections ?? []).Union(before?.Leaving ?? []).Except(after.Collections).Order(StringComparer.Ordinal).ToList();
        var fits = 1 + actions.Count + placements.Count + going.Count <= TableBatch.MaxActions;
        var columns = FleetRows.DeviceColumns(shard, after with { Leaving = fits ? [] : going });
        actions.Insert(0, before is null
            ? new(TableTransactionActionType.Add, columns)
            : new(TableTransactionActionType.UpdateMerge, columns, change.Before.Version));
        if (!fits)
        {
            return (actions, placements);
        }

        actions.AddRange(placements);
        actions.AddRange(going.Select(id => new TableTransactionAction(
            TableTransactionActionType.Delete, new TableEntity(shard, FleetRows.IndexKey(id, after.Id)), ETag.All)));
        return (actions, null);
    }

    private async Task SubmitAsync(List<TableTransactionAction> actions, CancellationToken ct)
    {
        if (actions.Count == 0)
        {
            return;
        }

        try
        {
            await TableBatch.SubmitAsync(table, actions, ct);
        }
        catch (RequestFailedException e) when ((HttpStatusCode)e.Status
            is HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed or HttpStatusCode.NotFound)
        {
            throw new DomainError(ErrorKind.Stale, "device.changed", "The device changed while it was being written. Try again.")
                .ToException(e);
        }
    }
}
