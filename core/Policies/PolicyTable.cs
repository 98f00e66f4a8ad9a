using System.Globalization;
using System.Runtime.CompilerServices;
using Atp.Core.Errors;
using Atp.Core.Storage;
using Azure;
using Azure.Data.Tables;

namespace Atp.Core.Policies;

/// <summary>
/// Tables <c>policies</c> (partition <c>policy</c>, row = policy id: order and current revision) and <c>policyrevisions</c>
/// (partition = policy id, row = revision, six digits: each revision as it was). Everything but secrets.
/// </summary>
public sealed class PolicyTable(TableClient policies, TableClient revisions)
{
    private const string Partition = "policy";

    internal static DomainError NotFound { get; } = DomainError.NotFound("policy.not-found", "There is no such policy.");

    /// <returns>Null when there is no such policy. One that is deleted is returned, marked.</returns>
    public async Task<StoredPolicy?> FindAsync(string id, CancellationToken ct)
    {
        var row = await policies.GetEntityIfExistsAsync<TableEntity>(Partition, id, cancellationToken: ct);
        return row.HasValue ? Stored(row.Value!) : null;
    }

    /// <exception cref="DomainException">Not found, or deleted.</exception>
    public async Task<StoredPolicy> GetInUseAsync(string id, CancellationToken ct) =>
        await FindAsync(id, ct) is { Value.InUse: true } stored ? stored : throw NotFound.ToException();

    /// <summary>All policies, deleted ones too, in order of their ids.</summary>
    public IAsyncEnumerable<Policy> ListAsync(CancellationToken ct) => ListStoredAsync(ct).Select(stored => stored.Value);

    /// <summary>The same, to be changed.</summary>
    public async IAsyncEnumerable<StoredPolicy> ListStoredAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var row in policies.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {Partition}"), cancellationToken: ct))
        {
            yield return Stored(row);
        }
    }

    /// <returns>False when a row with this id is there already.</returns>
    public Task<bool> TryAddAsync(Policy policy, string requestBody, CancellationToken ct)
    {
        var row = ToRow(policy);
        row["RequestBody"] = requestBody;
        return policies.TryAddAsync(row, ct);
    }

    /// <exception cref="DomainException">Stale: the row changed since it was read.</exception>
    public Task UpdateAsync(Policy policy, ETag version, CancellationToken ct) =>
        policies.MergeAsync(ToRow(policy), version, "policy", ct);

    /// <summary>Gives policies other numbers, all in one transaction. Their revisions stay: the order is part of none.</summary>
    /// <param name="numbers">Each policy as it was read, with its new number.</param>
    /// <param name="moved">The policy that this was asked of.</param>
    /// <param name="request">Marks the request on it, so that a repeat is recognised until the policy moves again.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DomainException">Stale: one of them changed since it was read.</exception>
    public async Task PutOrdersAsync(
        IEnumerable<(StoredPolicy Policy, int Number)> numbers, string moved, RequestMark request, CancellationToken ct)
    {
        var actions = numbers.Select(n =>
        {
            var row = new TableEntity(Partition, n.Policy.Value.Id) { ["Order"] = n.Number };
            if (row.RowKey == moved)
            {
                row["MoveRequest"] = request.Id;
                row["MoveRequestBody"] = request.BodySha256;
            }

            return new TableTransactionAction(TableTransactionActionType.UpdateMerge, row, n.Policy.Version);
        }).ToList();
        try
        {
            await TableBatch.SubmitAsync(policies, actions, ct);
        }
        catch (TableTransactionFailedException e) when (e.Status is 412 or 404)
        {
            throw new DomainError(ErrorKind.Stale, "policy.changed",
                "A policy changed while the order was being changed. Read the policies again and repeat the change.").ToException(e);
        }
    }

    public Task RemoveAsync(string id, CancellationToken ct) => policies.DeleteEntityAsync(Partition, id, ETag.All, ct);

    /// <summary>
    /// Writes a revision before the policy names it. One of the same number that no policy came to name is overwritten: the
    /// policy row is the commit point.
    /// </summary>
    public Task PutRevisionAsync(string policyId, PolicyRevision revision, CancellationToken ct) =>
        revisions.UpsertEntityAsync(ToRow(new TableEntity(policyId, RevisionKey(revision.Revision)), revision), TableUpdateMode.Replace, ct);

    public async Task<PolicyRevision?> FindRevisionAsync(string policyId, int revision, CancellationToken ct)
    {
        var row = await revisions.GetEntityIfExistsAsync<TableEntity>(policyId, RevisionKey(revision), cancellationToken: ct);
        return row.HasValue ? Revision(row.Value!) : null;
    }

    /// <summary>All revisions of a policy, oldest first.</summary>
    public async IAsyncEnumerable<PolicyRevision> RevisionsAsync(string policyId, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var row in revisions.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {policyId}"), cancellationToken: ct))
        {
            yield return Revision(row);
        }
    }

    public async Task RemoveRevisionsAsync(string policyId, CancellationToken ct)
    {
        var actions = new List<TableTransactionAction>();
        await foreach (var row in revisions.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {policyId}"), select: ["PartitionKey", "RowKey"], cancellationToken: ct))
        {
            actions.Add(new(TableTransactionActionType.Delete, new TableEntity(row.PartitionKey, row.RowKey), ETag.All));
        }

        await TableBatch.SubmitAllAsync(revisions, actions, ct);
    }

    private static string RevisionKey(int revision) => revision.ToString("D6", CultureInfo.InvariantCulture);

    private static TableEntity ToRow(Policy policy)
    {
        var row = ToRow(new TableEntity(Partition, policy.Id), policy.Current);
        row["Order"] = policy.Order;
        row["DeletedAt"] = policy.Deletion?.At ?? Never;
        row["DeletedBy"] = policy.Deletion?.By ?? "";
        row["Deleting"] = policy.Deleting;
        return row;
    }

    private static TableEntity ToRow(TableEntity row, PolicyRevision revision)
    {
        var file = revision.ConfigurationFile;
        row["Revision"] = revision.Revision;
        row["Name"] = revision.Name;
        row["Description"] = revision.Description;
        row["Kind"] = revision.Kind.ToString();
        row["FileName"] = file.FileName;
        row["FileSha256"] = file.Sha256;
        row["FileLength"] = file.Length;
        row["OrgId"] = file.OrgId;
        row["FileVersion"] = file.Version;
        // Merge can't remove a column, so "none" is a value: an empty text, or the end of time.
        row["ExpiresAt"] = file.ExpiresAt ?? Never;
        row["PackageGuid"] = file.PackageGuid ?? "";
        row["WorkspaceId"] = revision.Workspace?.Id ?? "";
        row["WorkspaceKeyVersion"] = revision.Workspace?.KeyVersion ?? "";
        row["FileSamples"] = revision.FileSamples.ToString();
        row["Warnings"] = string.Join('\n', revision.Warnings);
        row["CreatedAt"] = revision.CreatedAt;
        row["CreatedBy"] = revision.CreatedBy;
        return row;
    }

    private static DateTimeOffset Never { get; } = new(9999, 12, 31, 0, 0, 0, TimeSpan.Zero);

    private static StoredPolicy Stored(TableEntity row) => new(Policy(row), row.ETag, row.GetString("RequestBody"))
    {
        LastMove = Text(row, "MoveRequest") is { } id ? new RequestMark(id, row.GetString("MoveRequestBody")) : null,
    };

    private static Policy Policy(TableEntity row) => new()
    {
        Id = row.RowKey,
        Order = row.GetInt32("Order")!.Value,
        Deletion = Time(row, "DeletedAt") is { } deletedAt ? new PolicyDeletion(deletedAt, row.GetString("DeletedBy")) : null,
        Deleting = row.GetBoolean("Deleting") ?? false,
        Current = Revision(row),
    };

    private static PolicyRevision Revision(TableEntity row) => new()
    {
        Revision = row.GetInt32("Revision")!.Value,
        Name = row.GetString("Name"),
        Description = row.GetString("Description"),
        Kind = Enum.Parse<PolicyKind>(row.GetString("Kind")),
        ConfigurationFile = new ConfigurationFileFacts(
            row.GetString("FileName"), row.GetString("FileSha256"), row.GetInt64("FileLength")!.Value, row.GetString("OrgId"),
            row.GetString("FileVersion"), Time(row, "ExpiresAt"),
            Text(row, "PackageGuid")),
        Workspace = Text(row, "WorkspaceId") is { } workspaceId ? new Workspace(workspaceId, row.GetString("WorkspaceKeyVersion")) : null,
        FileSamples = Enum.Parse<FileSamples>(row.GetString("FileSamples")),
        Warnings = Text(row, "Warnings")?.Split('\n') ?? [],
        CreatedAt = row.GetDateTimeOffset("CreatedAt")!.Value,
        CreatedBy = row.GetString("CreatedBy"),
    };

    private static DateTimeOffset? Time(TableEntity row, string column) =>
        row.GetDateTimeOffset(column) is { } time && time < Never ? time : null;

    private static string? Text(TableEntity row, string column) => row.GetString(column) is { Length: > 0 } text ? text : null;
}

/// <summary>A policy as stored.</summary>
/// <param name="Value">The policy.</param>
/// <param name="Version">The row's ETag, for If-Match.</param>
/// <param name="RequestBody">SHA-256 of the request that created it.</param>
public sealed record StoredPolicy(Policy Value, ETag Version, string? RequestBody)
{
    /// <summary>The request that last moved it in the order.</summary>
    public RequestMark? LastMove { get; init; }
}

/// <summary>A request by what makes its repeat recognisable.</summary>
/// <param name="Id">Derived from the caller and the request's own id.</param>
/// <param name="BodySha256">What it asked.</param>
public sealed record RequestMark(string Id, string BodySha256);
