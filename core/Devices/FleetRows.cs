using System.Text.Json;
using Atp.Core.Policies;
using Atp.Core.Storage;
using Azure.Data.Tables;

namespace Atp.Core.Devices;

/// <summary>The fleet table's keys and columns. Each column has one writer, and all write by Merge, so nothing is lost between them.</summary>
internal static class FleetRows
{
    private const string LeavingColumn = "Leaving";
    private const string KeyGenerationColumn = "KeyGeneration";

    /// <summary>Merge can't remove a column, so "never" is a time that no report can name: the earliest that a table holds.</summary>
    private static readonly DateTimeOffset NeverConnected = new(1601, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static string IndexKey(string collectionId, string deviceId) =>
        $"{RowKeys.Separator}{collectionId}{RowKeys.Separator}{deviceId}";

    public static string IndexPrefix(string collectionId) => $"{RowKeys.Separator}{collectionId}{RowKeys.Separator}";

    public static string AssignmentKey(string deviceId, string deploymentId) => $"{deviceId}{RowKeys.Separator}{deploymentId}";

    /// <summary>The first key past all index rows.</summary>
    public static string AfterIndex { get; } = RowKeys.EndOf("");

    /// <summary>Splits a key past the index rows into its device and, for an assignment, its deployment.</summary>
    public static (string DeviceId, string? DeploymentId) Parse(string rowKey)
    {
        var separator = rowKey.IndexOf(RowKeys.Separator, StringComparison.Ordinal);
        return separator < 0 ? (rowKey, null) : (rowKey[..separator], rowKey[(separator + 1)..]);
    }

    public static TableEntity Index(string shard, string collectionId, Device device)
    {
        var row = new TableEntity(shard, IndexKey(collectionId, device.Id));
        Put(row, device.Inventory.OperatingSystem);
        row["OnboardedTo"] = device.Health?.OnboardedTo ?? "";
        return row;
    }

    public static CollectionMember Member(TableEntity row) =>
        new(row.RowKey[(row.RowKey.LastIndexOf(RowKeys.Separator) + 1)..], OperatingSystem(row), Text(row, "OnboardedTo"));

    /// <summary>Columns that inventory, membership and check-in own.</summary>
    public static TableEntity DeviceColumns(string shard, Device device)
    {
        var row = new TableEntity(shard, device.Id)
        {
            ["Name"] = device.Inventory.Name,
            ["Tags"] = Join(device.Inventory.Tags),
            // Merge can't remove a column, so "none" is an empty text.
            ["MonitoringAgentVersion"] = device.Inventory.MonitoringAgentVersion ?? "",
            ["DefenderClientVersion"] = device.Inventory.DefenderClientVersion ?? "",
            ["DirectCollections"] = Join(device.DirectCollections),
            ["Collections"] = Join(device.Collections),
            [LeavingColumn] = Join(device.Leaving),
            ["RetiredReason"] = device.Retired?.Reason ?? "",
            ["ReplacedBy"] = device.Retired?.ReplacedBy ?? "",
            [KeyGenerationColumn] = device.KeyGeneration,
        };
        if (device.Retired is { } retired)
        {
            row["RetiredAt"] = retired.At;
        }

        Put(row, device.Inventory.OperatingSystem);
        if (device.LastSeen is { } seen)
        {
            row["LastSeen"] = seen;
        }

        return row;
    }

    public static TableEntity LeavingColumns(string shard, string deviceId, IReadOnlyList<string> leaving) =>
        new(shard, deviceId) { [LeavingColumn] = Join(leaving) };

    /// <summary>Columns that ingestion owns.</summary>
    public static TableEntity HealthColumns(string shard, string deviceId, AgentHealth? health)
    {
        var row = new TableEntity(shard, deviceId);
        if (health is not null)
        {
            row["ReportedAt"] = health.ReportedAt;
            row["SenseIsRunning"] = health.SenseIsRunning;
            row["OnboardingState"] = health.OnboardingState;
            row["OrgId"] = health.OrgId ?? "";
            row["FileSamples"] = health.FileSamples?.ToString() ?? "";
            row["LastConnected"] = health.LastConnected ?? NeverConnected;
        }

        return row;
    }

    public static TableEntity CredentialColumns(string shard, Device device) => new(shard, device.Id)
    {
        ["KeyVersion"] = device.KeyVersion,
        [KeyGenerationColumn] = device.KeyGeneration,
        ["EnrollmentRequest"] = device.EnrollmentRequest ?? "",
        ["Blocked"] = device.Blocked,
    };

    public static TableEntity PlacedColumns(string shard, string deviceId, string deploymentId, DateTimeOffset at) =>
        new(shard, AssignmentKey(deviceId, deploymentId)) { ["PlacedAt"] = at };

    public static TableEntity FetchedColumns(string shard, string deviceId, Assignment assignment) =>
        new(shard, AssignmentKey(deviceId, assignment.DeploymentId))
        {
            ["FetchedRevision"] = assignment.FetchedRevision,
            ["FetchedAt"] = assignment.FetchedAt,
            ["FetchCount"] = assignment.FetchCount,
            ["Deliveries"] = JsonSerializer.Serialize(assignment.Deliveries, MessageSender.Json),
        };

    /// <summary>Columns that downloads own.</summary>
    public static TableEntity RedeliveryColumns(string shard, string deviceId, Assignment assignment) =>
        new(shard, AssignmentKey(deviceId, assignment.DeploymentId))
        {
            ["Redeliveries"] = assignment.Redeliveries,
            ["RedeliveredAt"] = assignment.RedeliveredAt,
        };

    public static TableEntity ResultColumns(string shard, string deviceId, Assignment assignment) =>
        new(shard, AssignmentKey(deviceId, assignment.DeploymentId))
        {
            ["ReportedRevision"] = assignment.ReportedRevision,
            ["Result"] = assignment.Result?.ToString(),
            ["ErrorCode"] = assignment.ErrorCode ?? "",
            ["ResultAt"] = assignment.ResultAt,
        };

    public static Device Device(TableEntity row) => new()
    {
        Id = row.RowKey,
        Inventory = new Inventory(
            row.GetString("Name"), OperatingSystem(row), Split(row.GetString("Tags")), Text(row, "MonitoringAgentVersion"),
            Text(row, "DefenderClientVersion")),
        DirectCollections = Split(row.GetString("DirectCollections")),
        Collections = Split(row.GetString("Collections")),
        Leaving = Split(row.GetString(LeavingColumn)),
        KeyVersion = row.GetInt32("KeyVersion") ?? 0,
        KeyGeneration = row.GetInt32(KeyGenerationColumn) ?? 0,
        EnrollmentRequest = Text(row, "EnrollmentRequest"),
        Blocked = row.GetBoolean("Blocked") ?? false,
        Retired = Text(row, "RetiredReason") is { } reason
            ? new Retirement(row.GetDateTimeOffset("RetiredAt")!.Value, reason, Text(row, "ReplacedBy"))
            : null,
        Deleting = row.GetBoolean("Deleting") ?? false,
        LastSeen = row.GetDateTimeOffset("LastSeen"),
        Health = row.GetDateTimeOffset("ReportedAt") is { } reportedAt
            ? new AgentHealth(reportedAt, LastConnected(row), row.GetBoolean("SenseIsRunning") ?? false,
                row.GetInt32("OnboardingState") ?? 0, Text(row, "OrgId"),
                Text(row, "FileSamples") is { } samples ? Enum.Parse<FileSamples>(samples) : null)
            : null,
    };

    public static Assignment Assignment(string deploymentId, TableEntity row) => new()
    {
        DeploymentId = deploymentId,
        PlacedAt = row.GetDateTimeOffset("PlacedAt"),
        FetchedRevision = row.GetInt32("FetchedRevision"),
        FetchedAt = row.GetDateTimeOffset("FetchedAt"),
        FetchCount = row.GetInt32("FetchCount") ?? 0,
        Deliveries = Text(row, "Deliveries") is { } deliveries ? JsonSerializer.Deserialize<Delivery[]>(deliveries, MessageSender.Json)! : [],
        Redeliveries = row.GetInt32("Redeliveries") ?? 0,
        RedeliveredAt = row.GetDateTimeOffset("RedeliveredAt"),
        ReportedRevision = row.GetInt32("ReportedRevision"),
        Result = Text(row, "Result") is { } result ? Enum.Parse<AssignmentResult>(result) : null,
        ErrorCode = Text(row, "ErrorCode"),
        ResultAt = row.GetDateTimeOffset("ResultAt"),
    };

    private static DateTimeOffset? LastConnected(TableEntity row) =>
        row.GetDateTimeOffset("LastConnected") is { } connected && connected > NeverConnected ? connected : null;

    private static void Put(TableEntity row, OperatingSystemFacts facts)
    {
        row["Build"] = facts.Build;
        row["ProductType"] = facts.ProductType;
        row["Sku"] = facts.Sku;
    }

    private static OperatingSystemFacts OperatingSystem(TableEntity row) =>
        new(row.GetInt32("Build") ?? 0, row.GetInt32("ProductType") ?? 0, row.GetInt32("Sku") ?? 0);

    // Ids and tags hold no line breaks.
    private static string Join(IReadOnlyList<string> items) => string.Join('\n', items);

    private static string[] Split(string? text) => string.IsNullOrEmpty(text) ? [] : text.Split('\n');

    private static string? Text(TableEntity row, string column) => row.GetString(column) is { Length: > 0 } text ? text : null;
}
