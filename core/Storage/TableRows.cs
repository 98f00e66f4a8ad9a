using Atp.Core.Errors;
using Azure;
using Azure.Data.Tables;

namespace Atp.Core.Storage;

/// <summary>What the feature tables do with single rows.</summary>
public static class TableRows
{
    /// <returns>False when a row with this key is there already.</returns>
    public static async Task<bool> TryAddAsync(this TableClient table, TableEntity row, CancellationToken ct)
    {
        try
        {
            await table.AddEntityAsync(row, ct);
            return true;
        }
        catch (RequestFailedException e) when (e.Status == 409)
        {
            return false;
        }
    }

    /// <summary>Merges with If-Match: columns that aren't named stay.</summary>
    /// <param name="table">The table.</param>
    /// <param name="row">The columns to write.</param>
    /// <param name="version">The row's ETag as it was read.</param>
    /// <param name="thing">What the row is, for the error: <c>policy</c>.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DomainException">Stale: the row changed since it was read, or is gone.</exception>
    public static async Task MergeAsync(this TableClient table, TableEntity row, ETag version, string thing, CancellationToken ct)
    {
        try
        {
            await table.UpdateEntityAsync(row, version, TableUpdateMode.Merge, ct);
        }
        catch (RequestFailedException e) when (e.Status is 412 or 404)
        {
            throw new DomainError(ErrorKind.Stale, $"{thing}.changed",
                $"The {thing} changed since it was read. Read it again and repeat the change.").ToException(e);
        }
    }
}
