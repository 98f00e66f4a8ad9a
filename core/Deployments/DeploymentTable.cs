using System.Runtime.CompilerServices;
using Atp.Core.Errors;
using Atp.Core.Storage;
using Azure;
using Azure.Data.Tables;

namespace Atp.Core.Deployments;

/// <summary>Table <c>deployments</c>: partition <c>deployment</c>, row = deployment id.</summary>
public sealed class DeploymentTable(TableClient table)
{
    private const string Partition = "deployment";

    public async Task<StoredDeployment?> FindAsync(string id, CancellationToken ct)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(Partition, id, cancellationToken: ct);
        return row.HasValue ? new(FromRow(row.Value!), row.Value!.ETag, row.Value!.GetString("RequestBody")) : null;
    }

    /// <summary>All deployments, ended ones too, in order of their ids.</summary>
    public async IAsyncEnumerable<Deployment> ListAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var row in table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {Partition}"), cancellationToken: ct))
        {
            yield return FromRow(row);
        }
    }

    /// <summary>The deployments that have not ended.</summary>
    public async IAsyncEnumerable<Deployment> ListLiveAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var row in table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {Partition} and Live eq {true}"), cancellationToken: ct))
        {
            yield return FromRow(row);
        }
    }

    /// <summary>The deployments that ended at this moment or later.</summary>
    public async IAsyncEnumerable<Deployment> ListEndedAsync(DateTimeOffset since, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var row in table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {Partition} and EndedAt ge {since}"), cancellationToken: ct))
        {
            yield return FromRow(row);
        }
    }

    /// <returns>False when a row with this id is there already.</returns>
    public Task<bool> TryAddAsync(Deployment deployment, string requestBody, CancellationToken ct)
    {
        var row = ToRow(deployment);
        row["RequestBody"] = requestBody;
        return table.TryAddAsync(row, ct);
    }

    /// <exception cref="DomainException">Stale: the row changed since it was read.</exception>
    public Task UpdateAsync(Deployment deployment, ETag version, CancellationToken ct) =>
        table.MergeAsync(ToRow(deployment), version, "deployment", ct);

    private static TableEntity ToRow(Deployment deployment)
    {
        var row = new TableEntity(Partition, deployment.Id)
        {
            ["Revision"] = deployment.Revision,
            ["PolicyId"] = deployment.PolicyId,
            ["Collections"] = string.Join(' ', deployment.CollectionIds),
            ["Generation"] = deployment.Generation,
            ["CreatedAt"] = deployment.CreatedAt,
            ["CreatedBy"] = deployment.CreatedBy,
            ["Live"] = deployment.EndedAt is null,
            ["EndReason"] = deployment.EndReason ?? "",
            ["EndedBy"] = deployment.EndedBy ?? "",
        };
        if (deployment.EndedAt is { } endedAt)
        {
            row["EndedAt"] = endedAt;
        }

        return row;
    }

    private static Deployment FromRow(TableEntity row) => new()
    {
        Id = row.RowKey,
        Revision = row.GetInt32("Revision")!.Value,
        PolicyId = row.GetString("PolicyId"),
        CollectionIds = row.GetString("Collections").Split(' '),
        Generation = row.GetInt32("Generation")!.Value,
        CreatedAt = row.GetDateTimeOffset("CreatedAt")!.Value,
        CreatedBy = row.GetString("CreatedBy"),
        EndedAt = row.GetDateTimeOffset("EndedAt"),
        EndReason = row.GetString("EndReason") is { Length: > 0 } reason ? reason : null,
        EndedBy = row.GetString("EndedBy") is { Length: > 0 } by ? by : null,
    };
}

/// <summary>A deployment as stored.</summary>
/// <param name="Value">The deployment.</param>
/// <param name="Version">The row's ETag, for If-Match.</param>
/// <param name="RequestBody">SHA-256 of the request that created it.</param>
public sealed record StoredDeployment(Deployment Value, ETag Version, string? RequestBody);
