using System.Globalization;
using Atp.Core.Storage;
using Azure;
using Azure.Data.Tables;

namespace Atp.Core.Site;

/// <summary>Table <c>site</c>: one row per thing that is decided once for a whole site.</summary>
public sealed class SiteTable(TableClient table)
{
    private const string Partition = "site";
    private const string SettingsRow = "settings";
    private const string EnrollmentRow = "enrollment";
    private const string PrunedRow = "pruned";
    private const string TimerRows = "timer!";
    private const string AlarmRows = "alarm!";

    /// <summary>Inserts the shard count on first use, and keeps the Configuration Manager version current.</summary>
    /// <exception cref="InvalidOperationException">When the site was made with another shard count or a newer schema.</exception>
    public async Task EnsureSettingsAsync(SiteSettings settings, CancellationToken ct)
    {
        var row = new TableEntity(Partition, SettingsRow)
        {
            ["ShardCount"] = settings.ShardCount,
            ["SchemaVersion"] = SiteSettings.SchemaVersion,
            ["ConfigurationManagerVersion"] = settings.ConfigurationManagerVersion,
        };
        if (await table.TryAddAsync(row, ct))
        {
            return;
        }

        var stored = (await table.GetEntityAsync<TableEntity>(Partition, SettingsRow, cancellationToken: ct)).Value;
        if (stored.GetInt32("ShardCount") != settings.ShardCount)
        {
            throw new InvalidOperationException(
                $"This site was made with {stored.GetInt32("ShardCount")} shards and the setting Atp:Site:ShardCount says "
                + $"{settings.ShardCount}. Set it back; a site with more shards is a new site.");
        }

        if (stored.GetInt32("SchemaVersion") != SiteSettings.SchemaVersion)
        {
            throw new InvalidOperationException(
                $"This site's tables have schema version {stored.GetInt32("SchemaVersion")}; this build reads version "
                + $"{SiteSettings.SchemaVersion}. Run the build that made them, or upgrade the site.");
        }

        if (stored.GetInt32("ConfigurationManagerVersion") != settings.ConfigurationManagerVersion)
        {
            row.Remove("ShardCount");
            row.Remove("SchemaVersion");
            await table.UpdateEntityAsync(row, stored.ETag, TableUpdateMode.Merge, ct);
        }
    }

    /// <summary>The Key Vault versions of the enrollment keys, or null before the first enrollment.</summary>
    public async Task<Versioned<EnrollmentKeyVersions>?> FindEnrollmentKeysAsync(CancellationToken ct)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(Partition, EnrollmentRow, cancellationToken: ct);
        return row is { HasValue: true, Value: { } keys }
            ? new(new EnrollmentKeyVersions(keys.GetString("Primary"), Text(keys, "Secondary"), keys.GetInt32("Generation") ?? 1,
                keys.GetDateTimeOffset("CreatedAt")!.Value, keys.GetDateTimeOffset("RotatedAt"))
            {
                RotationRequest = Text(keys, "RotationRequest"),
            }, keys.ETag)
            : null;
    }

    /// <returns>False when another instance was first; its versions count.</returns>
    public Task<bool> TryAddEnrollmentKeysAsync(EnrollmentKeyVersions versions, CancellationToken ct) => table.TryAddAsync(ToRow(versions), ct);

    /// <exception cref="Errors.DomainException">Stale: somebody else changed them since they were read.</exception>
    public Task UpdateEnrollmentKeysAsync(EnrollmentKeyVersions versions, ETag version, CancellationToken ct) =>
        table.MergeAsync(ToRow(versions), version, "enrollment-keys", ct);

    /// <summary>The last day on which old rows were pruned, or null when that never happened.</summary>
    public async Task<DateOnly?> FindPrunedDayAsync(CancellationToken ct)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(Partition, PrunedRow, cancellationToken: ct);
        return row.HasValue ? DateOnly.ParseExact(row.Value!.GetString("Day"), "yyyyMMdd", CultureInfo.InvariantCulture) : null;
    }

    public Task SetPrunedDayAsync(DateOnly day, CancellationToken ct) => table.UpsertEntityAsync(
        new TableEntity(Partition, PrunedRow) { ["Day"] = day.ToString("yyyyMMdd", CultureInfo.InvariantCulture) },
        TableUpdateMode.Replace, ct);

    public Task PutPolicyAlarmAsync(PolicyAlarm alarm, CancellationToken ct) => table.UpsertEntityAsync(
        new TableEntity(Partition, AlarmRow(alarm.PolicyId, alarm.Part))
        {
            ["PolicyId"] = alarm.PolicyId,
            ["Part"] = alarm.Part.ToString(),
            ["Expected"] = alarm.Expected,
            ["Actual"] = alarm.Actual ?? "",
            ["SeenAt"] = alarm.SeenAt,
        },
        TableUpdateMode.Replace, ct);

    /// <summary>Nothing to remove is success.</summary>
    public Task RemovePolicyAlarmAsync(string policyId, PolicyPart part, CancellationToken ct) =>
        table.DeleteEntityAsync(Partition, AlarmRow(policyId, part), ETag.All, ct);

    /// <summary>Those that stand.</summary>
    public async Task<IReadOnlyList<PolicyAlarm>> PolicyAlarmsAsync(CancellationToken ct)
    {
        var alarms = new List<PolicyAlarm>();
        var filter = TableClient.CreateQueryFilter(
            $"PartitionKey eq {Partition} and RowKey gt {AlarmRows} and RowKey lt {RowKeys.EndOfChildren(AlarmRows)}");
        await foreach (var row in table.QueryAsync<TableEntity>(filter, cancellationToken: ct))
        {
            alarms.Add(new PolicyAlarm(row.GetString("PolicyId"), Enum.Parse<PolicyPart>(row.GetString("Part")), row.GetString("Expected"),
                row.GetString("Actual") is { Length: > 0 } actual ? actual : null, row.GetDateTimeOffset("SeenAt")!.Value));
        }

        return alarms;
    }

    /// <summary>The row speaks of one run only: the one that wrote last.</summary>
    public Task PutTimerRunAsync(TimerRun run, CancellationToken ct)
    {
        var row = new TableEntity(Partition, TimerRows + run.Name) { ["StartedAt"] = run.StartedAt };
        if (run.FinishedAt is not null)
        {
            row["FinishedAt"] = run.FinishedAt;
            row["Result"] = run.Result.ToString();
        }

        return table.UpsertEntityAsync(row, TableUpdateMode.Replace, ct);
    }

    /// <summary>The last run of each timer, by name.</summary>
    public async Task<IReadOnlyDictionary<string, TimerRun>> TimerRunsAsync(CancellationToken ct)
    {
        var runs = new Dictionary<string, TimerRun>();
        var filter = TableClient.CreateQueryFilter(
            $"PartitionKey eq {Partition} and RowKey gt {TimerRows} and RowKey lt {RowKeys.EndOfChildren(TimerRows)}");
        await foreach (var row in table.QueryAsync<TableEntity>(filter, cancellationToken: ct))
        {
            var name = row.RowKey[TimerRows.Length..];
            runs[name] = new TimerRun(name, row.GetDateTimeOffset("StartedAt"), row.GetDateTimeOffset("FinishedAt"),
                row.GetString("Result") is { } result ? Enum.Parse<TimerResult>(result) : null);
        }

        return runs;
    }

    private static string AlarmRow(string policyId, PolicyPart part) => $"{AlarmRows}{policyId}!{part}";

    private static TableEntity ToRow(EnrollmentKeyVersions versions)
    {
        var row = new TableEntity(Partition, EnrollmentRow)
        {
            ["Primary"] = versions.Primary,
            // Merge can't remove a column, so "none" is an empty text.
            ["Secondary"] = versions.Secondary ?? "",
            ["Generation"] = versions.Generation,
            ["CreatedAt"] = versions.CreatedAt,
            ["RotationRequest"] = versions.RotationRequest ?? "",
        };
        if (versions.RotatedAt is { } rotatedAt)
        {
            row["RotatedAt"] = rotatedAt;
        }

        return row;
    }

    private static string? Text(TableEntity row, string column) => row.GetString(column) is { Length: > 0 } text ? text : null;
}
