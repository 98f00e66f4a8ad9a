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
/// row with one type, numerators and denominators; <see cref="ReportingTables"/> has the columns.
/// </summary>
public sealed class HealthTable(TableClient latest, TableClient history, TableClient deploymentLatest)
{
    /// <summary>Of the tables that hold the newest figures only.</summary>
    internal const string Partition = "latest";

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

    /// <summary>One storage transaction: some rows of one partition, each by the names of its columns.</summary>
    /// <param name="table">The table.</param>
    /// <param name="partition">One of <see cref="Partition"/>, or a month of the history.</param>
    /// <param name="rowKeys">First and last row key, or null for all.</param>
    /// <param name="condition">What they must meet.</param>
    /// <param name="columns">Those to read.</param>
    /// <param name="size">How many rows at most, up to 1,000.</param>
    /// <param name="continuation">From the read before.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DomainException">Invalid: not a continuation of storage.</exception>
    public async Task<Storage.Page<IReadOnlyDictionary<string, object>>> ReadAsync(
        ReportingTable table, string partition, (string From, string To)? rowKeys, ReportingCondition? condition,
        IReadOnlyCollection<ReportingColumn> columns, int size, string? continuation, CancellationToken ct)
    {
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {partition}");
        if (rowKeys is var (from, to))
        {
            filter += " and " + TableClient.CreateQueryFilter($"RowKey ge {from} and RowKey le {to}");
        }

        if (condition is not null)
        {
            filter += $" and ({ReportingFilter.Of(condition)})";
        }

        try
        {
            await foreach (var page in ClientOf(table).QueryAsync<TableEntity>(filter, size, columns.Select(c => c.Name), ct).AsPages(continuation))
            {
                return new Storage.Page<IReadOnlyDictionary<string, object>>([.. page.Values.Select(row => ValuesOf(row, columns))], page.ContinuationToken);
            }
        }
        catch (RequestFailedException e) when (e.Status == 400 && continuation is not null)
        {
            throw DomainError.Field("$skiptoken", "list.continuation-invalid", "Take the whole @odata.nextLink of the page before.").ToException(e);
        }

        return new Storage.Page<IReadOnlyDictionary<string, object>>([], null);
    }

    /// <summary>The first month of the history that has rows, of those from one to another; null when none has.</summary>
    public async Task<string?> FirstMonthAsync(string from, string to, CancellationToken ct)
    {
        var filter = TableClient.CreateQueryFilter($"PartitionKey ge {from} and PartitionKey le {to}");
        await foreach (var row in history.QueryAsync<TableEntity>(filter, maxPerPage: 1, select: ["PartitionKey"], ct))
        {
            return row.PartitionKey;
        }

        return null;
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

    private static Dictionary<string, object> ValuesOf(TableEntity row, IReadOnlyCollection<ReportingColumn> columns) =>
        columns.ToDictionary(column => column.Name, column => row.TryGetValue(column.Name, out var value) && value is not null
            ? value
            : column.Type == ReportingType.Number ? 0 : throw new InvalidOperationException($"A row has no {column.Name}."));

    private TableClient ClientOf(ReportingTable table) =>
        table == ReportingTables.HealthHistory ? history : table == ReportingTables.DeploymentLatest ? deploymentLatest : latest;

    private static AsyncPageable<TableEntity> LatestRowsAsync(TableClient table, CancellationToken ct) =>
        table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {Partition}"), cancellationToken: ct);

    internal static string Month(DateTimeOffset at) => at.UtcDateTime.ToString("yyyyMM", CultureInfo.InvariantCulture);

    internal static int DayNumber(DateTimeOffset at) => int.Parse(at.UtcDateTime.ToString("yyyyMMdd", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <param name="scope">The scope.</param>
    /// <param name="hour">From <see cref="HourKey"/>, or what sorts as one.</param>
    internal static string HistoryKey(string scope, string hour) => $"{scope}{RowKeys.Separator}{hour}";

    internal static string HourKey(DateTimeOffset at) => at.UtcDateTime.ToString("yyyyMMdd'T'HH'Z'", CultureInfo.InvariantCulture);

    private static string HistoryKey(string scope, DateTimeOffset at) => HistoryKey(scope, HourKey(at));

    private static TableEntity ToRow(ScopeFigures scope) => ToRow(scope, Partition, scope.Scope);

    private static TableEntity ToRow(ScopeFigures scope, string partition, string rowKey) =>
        ToRow(scope, ReportingTables.OfScope, partition, rowKey);

    private static ScopeFigures Scope(TableEntity row) => new(
        row.GetString("Scope"), row.GetString("ScopeName"), row.GetDateTimeOffset("AsOf")!.Value,
        new HealthFigures(Number(row, "Devices"), Number(row, "Targeted"), Number(row, "Healthy"), Number(row, "AgentState"),
            Number(row, "Inactive"), Number(row, "NotOnboarded"), Number(row, "NeverReached"), Number(row, "Offboarding"),
            Number(row, "FileSamplesDrifted"), Number(row, "OnOldEnrollmentKey")));

    private static TableEntity ToRow(DeploymentFigures deployment) =>
        ToRow(deployment, ReportingTables.OfDeployment, Partition, deployment.DeploymentId);

    private static TableEntity ToRow<T>(T figures, IReadOnlyList<ReportingColumn<T>> columns, string partition, string rowKey)
    {
        var row = new TableEntity(partition, rowKey);
        foreach (var column in columns)
        {
            row[column.Name] = column.Of(figures);
        }

        return row;
    }

    private static DeploymentFigures Deployment(TableEntity row) => new(
        row.GetString("DeploymentId"), row.GetString("PolicyId"), row.GetString("PolicyName"), row.GetDateTimeOffset("AsOf")!.Value,
        new StatusCounts(Number(row, "Success"), Number(row, "Error"), Number(row, "RequirementsNotMet"), Number(row, "InProgress"),
            Number(row, "Unknown"), Number(row, "Superseded")));

    private static int Number(TableEntity row, string column) => row.GetInt32(column) ?? 0;
}
