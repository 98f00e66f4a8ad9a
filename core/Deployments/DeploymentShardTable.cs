using Atp.Core.Devices;
using Azure;
using Azure.Data.Tables;

namespace Atp.Core.Deployments;

/// <summary>How many devices of a shard a fan-out placed, by what the policy means for them when it ran. No statuses.</summary>
public sealed record PlacedDevices(int Devices, int UpLevel, int DownLevel, int InError, int NotSupported)
{
    public static PlacedDevices None { get; } = new(0, 0, 0, 0, 0);

    public static PlacedDevices operator +(PlacedDevices left, PlacedDevices right) => new(
        left.Devices + right.Devices, left.UpLevel + right.UpLevel, left.DownLevel + right.DownLevel,
        left.InError + right.InError, left.NotSupported + right.NotSupported);

    public PlacedDevices With(Platform platform, Applicability applicability) => this + (platform, applicability) switch
    {
        (_, Applicability.NotSupported) => new PlacedDevices(1, 0, 0, 0, 1),
        (_, Applicability.WorkspaceMissing or Applicability.Expired) => new PlacedDevices(1, 0, 0, 1, 0),
        (Platform.UpLevel, _) => new PlacedDevices(1, 1, 0, 0, 0),
        _ => new PlacedDevices(1, 0, 1, 0, 0),
    };

    public static PlacedDevices Add(PlacedDevices left, PlacedDevices right) => left + right;
}

/// <summary>Table <c>deploymentshards</c>: partition = deployment id, row = shard. A row is there once its shard is done.</summary>
public sealed class DeploymentShardTable(TableClient table)
{
    /// <summary>Sets, never adds, so that doing a shard twice counts it once.</summary>
    public Task PutAsync(string deploymentId, string shard, int generation, PlacedDevices placed, DateTimeOffset doneAt, CancellationToken ct) =>
        table.UpsertEntityAsync(new TableEntity(deploymentId, shard)
        {
            ["Generation"] = generation,
            ["Devices"] = placed.Devices,
            ["UpLevel"] = placed.UpLevel,
            ["DownLevel"] = placed.DownLevel,
            ["InError"] = placed.InError,
            ["NotSupported"] = placed.NotSupported,
            ["DoneAt"] = doneAt,
        }, TableUpdateMode.Replace, ct);

    /// <summary>The shards that are done for this generation, with what was placed in them.</summary>
    public async Task<IReadOnlyDictionary<string, PlacedDevices>> DoneAsync(string deploymentId, int generation, CancellationToken ct)
    {
        var done = new Dictionary<string, PlacedDevices>();
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {deploymentId} and Generation eq {generation}");
        await foreach (var row in table.QueryAsync<TableEntity>(filter, cancellationToken: ct))
        {
            done[row.RowKey] = new PlacedDevices(Number(row, "Devices"), Number(row, "UpLevel"), Number(row, "DownLevel"),
                Number(row, "InError"), Number(row, "NotSupported"));
        }

        return done;
    }

    private static int Number(TableEntity row, string column) => row.GetInt32(column) ?? 0;
}
