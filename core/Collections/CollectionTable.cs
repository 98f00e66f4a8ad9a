using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Atp.Core.Errors;
using Atp.Core.Storage;
using Azure;
using Azure.Data.Tables;

namespace Atp.Core.Collections;

/// <summary>A collection's members as a roll-up counted them.</summary>
/// <param name="AsOf">The roll-up's clock. UTC.</param>
/// <param name="ByShard">In order of the shards.</param>
public sealed record RolledUpMembers(string CollectionId, DateTimeOffset AsOf, IReadOnlyList<int> ByShard);

/// <summary>
/// Table <c>collections</c>: partition <c>collection</c>, row = collection id; and partition <c>members</c>, row = collection id,
/// with the members that the last roll-up counted.
/// </summary>
public sealed class CollectionTable(TableClient table)
{
    private const string Partition = "collection";
    private const string MembersPartition = "members";

    /// <returns>Null when there is no such collection. One that is being deleted is returned, marked.</returns>
    public async Task<StoredCollection?> FindAsync(string id, CancellationToken ct)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(Partition, id, cancellationToken: ct);
        return row.HasValue ? new(FromRow(row.Value!), row.Value!.ETag, row.Value!.GetString("RequestBody")) : null;
    }

    /// <summary>All collections, those being deleted too, in order of their ids.</summary>
    public async IAsyncEnumerable<Collection> ListAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var row in table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {Partition}"), cancellationToken: ct))
        {
            yield return FromRow(row);
        }
    }

    /// <returns>False when a row with this id is there already.</returns>
    public Task<bool> TryAddAsync(Collection collection, string requestBody, CancellationToken ct)
    {
        var row = ToRow(collection);
        row["RequestBody"] = requestBody;
        return table.TryAddAsync(row, ct);
    }

    /// <exception cref="DomainException">Stale: the row changed since it was read.</exception>
    public Task UpdateAsync(Collection collection, ETag version, CancellationToken ct) =>
        table.MergeAsync(ToRow(collection), version, "collection", ct);

    public Task RemoveAsync(string id, CancellationToken ct) => table.DeleteEntityAsync(Partition, id, ETag.All, ct);

    /// <returns>Null before the first roll-up that counted it.</returns>
    public async Task<RolledUpMembers?> FindMembersAsync(string id, CancellationToken ct)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(MembersPartition, id, cancellationToken: ct);
        return row.HasValue
            ? new RolledUpMembers(id, row.Value!.GetDateTimeOffset("AsOf")!.Value, [.. Split(row.Value!.GetString("ByShard"))
                .Select(count => int.Parse(count, CultureInfo.InvariantCulture))])
            : null;
    }

    /// <summary>Writes the counts of one roll-up over older ones only, and removes those of collections that are gone.</summary>
    /// <exception cref="DomainException">Stale: another roll-up was writing. Call again.</exception>
    public Task PutMembersAsync(IEnumerable<RolledUpMembers> members, DateTimeOffset asOf, CancellationToken ct) =>
        table.ReplaceOlderAsync(MembersPartition, members.ToDictionary(m => m.CollectionId, m => new TableEntity(MembersPartition, m.CollectionId)
        {
            ["AsOf"] = m.AsOf,
            ["Members"] = m.ByShard.Sum(),
            ["ByShard"] = string.Join(' ', m.ByShard),
        }), asOf, removeGone: true, ct);

    private static TableEntity ToRow(Collection collection) => new(Partition, collection.Id)
    {
        ["Revision"] = collection.Revision,
        ["Name"] = collection.Name,
        ["Description"] = collection.Description,
        ["Rules"] = JsonSerializer.Serialize(collection.Rules, MessageSender.Json),
        ["Includes"] = string.Join(' ', collection.IncludeCollectionIds),
        ["Excludes"] = string.Join(' ', collection.ExcludeCollectionIds),
        ["LimitedTo"] = collection.LimitingCollectionId ?? "",
        ["DownLevelAgent"] = collection.DownLevelAgent.ToString(),
        ["RulesRevision"] = collection.RulesRevision,
        ["RulesChangedAt"] = collection.RulesChangedAt,
        ["CreatedAt"] = collection.CreatedAt,
        ["CreatedBy"] = collection.CreatedBy,
        ["Deleting"] = collection.Deleting,
    };

    private static Collection FromRow(TableEntity row) => new()
    {
        Id = row.RowKey,
        Revision = row.GetInt32("Revision")!.Value,
        Name = row.GetString("Name"),
        Description = row.GetString("Description"),
        Rules = JsonSerializer.Deserialize<QueryRule[]>(row.GetString("Rules"), MessageSender.Json)!,
        IncludeCollectionIds = Split(row.GetString("Includes")),
        ExcludeCollectionIds = Split(row.GetString("Excludes")),
        LimitingCollectionId = row.GetString("LimitedTo") is { Length: > 0 } limiting ? limiting : null,
        DownLevelAgent = Enum.Parse<DownLevelAgent>(row.GetString("DownLevelAgent") ?? nameof(DownLevelAgent.MonitoringAgent)),
        RulesRevision = row.GetInt32("RulesRevision")!.Value,
        RulesChangedAt = row.GetDateTimeOffset("RulesChangedAt")!.Value,
        CreatedAt = row.GetDateTimeOffset("CreatedAt")!.Value,
        CreatedBy = row.GetString("CreatedBy"),
        Deleting = row.GetBoolean("Deleting") ?? false,
    };

    private static string[] Split(string? ids) => (ids ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>A collection as stored.</summary>
/// <param name="Value">The collection.</param>
/// <param name="Version">The row's ETag, for If-Match.</param>
/// <param name="RequestBody">SHA-256 of the request that created it.</param>
public sealed record StoredCollection(Collection Value, ETag Version, string? RequestBody);
