using System.Globalization;
using System.Runtime.CompilerServices;
using Atp.Core.Deployments;
using Atp.Core.Errors;
using Atp.Core.Storage;
using Azure;
using Azure.Data.Tables;

namespace Atp.Core.Health;

/// <summary>
/// Tables <c>healthlatest</c>, <c>healthhistory</c> and <c>deploymentlatest</c>: what analysts read. Flat, every column on every
/// row with one type, numerators and denominators. Column names are a contract with Power BI: only ever add.
/// </summary>
public sealed class HealthTable(TableClient latest, TableClient history, TableClient deploymentLatest)
{
    private const string Partition = "latest";

    /// <summary>The newest figures of every scope.</summary>
    public async IAsyncEnumerable<ScopeFigures> LatestAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var row in LatestRowsAsync(latest, ct))
        {
            yield return Scope(row);
        }
    }

    public async Task<ScopeFigures?> FindLatestAsync(string scope, CancellationToken ct)
    {
        var row = await latest.GetEntityIfExistsAsync<TableEntity>(Partition, scope, cancellationToken: ct);
        return row.HasValue ? Scope(row.Value!) : null;
    }

    public async Task<DeploymentFigures?> FindDeploymentAsync(string deploymentId, CancellationToken ct)
    {
        var row = await deploymentLatest.GetEntityIfExistsAsync<TableEntity>(Partition, deploymentId, cancellationToken: ct);
        return row.HasValue ? Deployment(row.Value!) : null;
    }

    /// <summary>The newest figures of every deployment that a roll-up counted, ended ones too.</summary>
    public async IAsyncEnumerable<DeploymentFigures> DeploymentsAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var row in LatestRowsAsync(deploymentLatest, ct))
        {
            yield return Deployment(row);
        }
    }

    /// <summary>
    /// Writes the figures of one roll-up over older ones only, and removes the scopes that it no longer has.
    /// </summary>
    /// <exception cref="DomainException">Stale: another roll-up was writing. Call again.</exception>
    public Task PutLatestAsync(IReadOnlyCollection<ScopeFigures> figures, DateTimeOffset asOf, CancellationToken ct) =>
        latest.ReplaceOlderAsync(Partition, figures.ToDictionary(f => f.Scope, ToRow), asOf, removeGone: true, ct);

    /// <summary>Likewise for deployments; one that has ended keeps its last figures.</summary>
    /// <exception cref="DomainException">Stale: another roll-up was writing. Call again.</exception>
    public Task PutDeploymentsAsync(IReadOnlyCollection<DeploymentFigures> figures, DateTimeOffset asOf, CancellationToken ct) =>
        deploymentLatest.ReplaceOlderAsync(Partition, figures.ToDictionary(f => f.DeploymentId, ToRow), asOf, removeGone: false, ct);

    /// <summary>
    /// Copies the newest figures into the row of their hour, until no newer ones came meanwhile: so two roll-ups that overlap
    /// leave the newer one's figures, whichever writes last.
    /// </summary>
    public async Task PutHistoryAsync(CancellationToken ct)
    {
        DateTimeOffset? written = null;
        while (true)
        {
            var figures = new List<ScopeFigures>();
            await foreach (var scope in LatestAsync(ct))
            {
                figures.Add(scope);
            }

            if (figures.Count == 0 || figures.Max(f => f.AsOf) == written)
            {
                return;
            }

            written = figures.Max(f => f.AsOf);
            foreach (var month in figures.GroupBy(f => Month(f.AsOf)))
            {
                await TableBatch.SubmitAllAsync(history, month.Select(f => new TableTransactionAction(
                    TableTransactionActionType.UpsertReplace, ToRow(f, month.Key, HistoryKey(f.Scope, f.AsOf)))), ct);
            }
        }
    }

    /// <summary>A scope's figures from one moment to another, by hour, oldest first. UTC.</summary>
    public async IAsyncEnumerable<ScopeFigures> HistoryAsync(
        string scope, DateTimeOffset from, DateTimeOffset to, [EnumeratorCancellation] CancellationToken ct)
    {
        var (first, last) = (HistoryKey(scope, from), HistoryKey(scope, to));
        var start = new DateTime(from.UtcDateTime.Year, from.UtcDateTime.Month, 1, 0, 0, 0, DateTimeKind.Utc);
        for (var month = start; month <= to.UtcDateTime; month = month.AddMonths(1))
        {
            var filter = TableClient.CreateQueryFilter(
                $"PartitionKey eq {Month(month)} and RowKey ge {first} and RowKey le {last}");
            await foreach (var row in history.QueryAsync<TableEntity>(filter, cancellationToken: ct))
            {
                yield return Scope(row);
            }
        }
    }

    /// <summary>Keeps the last row of each scope for one past day, and deletes what is older than <paramref name="keepSince"/>.</summary>
    public async Task PruneHistoryAsync(DateOnly dayToThin, DateTimeOffset keepSince, CancellationToken ct)
    {
        var day = dayToThin.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);
        var rows = new List<TableEntity>();
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {Month(day)} and Day eq {DayNumber(day)}");
        await foreach (var row in history.QueryAsync<TableEntity>(filter, select: ["PartitionKey", "RowKey", "Scope"], cancellationToken: ct))
        {
            rows.Add(row);
        }

        var surplus = rows.GroupBy(r => r.GetString("Scope"))
            .SelectMany(scope => scope.OrderByDescending(r => r.RowKey, StringComparer.Ordinal).Skip(1));
        await TableBatch.SubmitAllAsync(history, surplus.Select(row => new TableTransactionAction(
            TableTransactionActionType.Delete, new TableEntity(row.PartitionKey, row.RowKey), ETag.All)), ct);
        await TablePruning.DeletePartitionsBeforeAsync(history, Month(keepSince), ct);
    }

    private static AsyncPageable<TableEntity> LatestRowsAsync(TableClient table, CancellationToken ct) =>
        table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {Partition}"), cancellationToken: ct);

    private static string Month(DateTimeOffset at) => at.UtcDateTime.ToString("yyyyMM", CultureInfo.InvariantCulture);

    private static int DayNumber(DateTimeOffset at) => int.Parse(at.UtcDateTime.ToString("yyyyMMdd", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static string HistoryKey(string scope, DateTimeOffset at) =>
        $"{scope}!{at.UtcDateTime.ToString("yyyyMMdd'T'HH'Z'", CultureInfo.InvariantCulture)}";

    private static TableEntity ToRow(ScopeFigures scope) => ToRow(scope, Partition, scope.Scope);

    private static TableEntity ToRow(ScopeFigures scope, string partition, string rowKey) => new(partition, rowKey)
    {
        ["Scope"] = scope.Scope,
        ["ScopeKind"] = scope.Kind,
        ["ScopeName"] = scope.Name,
        ["AsOf"] = scope.AsOf,
        ["Day"] = DayNumber(scope.AsOf),
        ["Devices"] = scope.Figures.Devices,
        ["Targeted"] = scope.Figures.Targeted,
        ["Healthy"] = scope.Figures.Healthy,
        ["AgentState"] = scope.Figures.AgentState,
        ["Inactive"] = scope.Figures.Inactive,
        ["NotOnboarded"] = scope.Figures.NotOnboarded,
        ["NeverReached"] = scope.Figures.NeverReached,
        ["Offboarding"] = scope.Figures.Offboarding,
        ["FileSamplesDrifted"] = scope.Figures.FileSamplesDrifted,
        ["OnOldEnrollmentKey"] = scope.Figures.OnOldEnrollmentKey,
        ["Onboarded"] = scope.Figures.Onboarded,
        ["Eligible"] = scope.Figures.Eligible,
    };

    private static ScopeFigures Scope(TableEntity row) => new(
        row.GetString("Scope"), row.GetString("ScopeName"), row.GetDateTimeOffset("AsOf")!.Value,
        new HealthFigures(Number(row, "Devices"), Number(row, "Targeted"), Number(row, "Healthy"), Number(row, "AgentState"),
            Number(row, "Inactive"), Number(row, "NotOnboarded"), Number(row, "NeverReached"), Number(row, "Offboarding"),
            Number(row, "FileSamplesDrifted"), Number(row, "OnOldEnrollmentKey")));

    private static TableEntity ToRow(DeploymentFigures deployment) => new(Partition, deployment.DeploymentId)
    {
        ["DeploymentId"] = deployment.DeploymentId,
        ["PolicyId"] = deployment.PolicyId,
        ["PolicyName"] = deployment.PolicyName,
        ["AsOf"] = deployment.AsOf,
        ["Success"] = deployment.Statuses.Success,
        ["Error"] = deployment.Statuses.Error,
        ["RequirementsNotMet"] = deployment.Statuses.RequirementsNotMet,
        ["InProgress"] = deployment.Statuses.InProgress,
        ["Unknown"] = deployment.Statuses.Unknown,
        ["Superseded"] = deployment.Statuses.Superseded,
    };

    private static DeploymentFigures Deployment(TableEntity row) => new(
        row.GetString("DeploymentId"), row.GetString("PolicyId"), row.GetString("PolicyName"), row.GetDateTimeOffset("AsOf")!.Value,
        new StatusCounts(Number(row, "Success"), Number(row, "Error"), Number(row, "RequirementsNotMet"), Number(row, "InProgress"),
            Number(row, "Unknown"), Number(row, "Superseded")));

    private static int Number(TableEntity row, string column) => row.GetInt32(column) ?? 0;
}
