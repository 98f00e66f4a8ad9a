using Atp.Core.Audit;
using Atp.Core.Storage;
using Azure.Data.Tables;

namespace Atp.Functions.Tests;

internal static class Audited
{
    /// <summary>What the audit says was done, without what was only intended.</summary>
    public static async Task<List<TableEntity>> AuditedAsync(this AtpHost host, string action)
    {
        var rows = new List<TableEntity>();
        await foreach (var row in host.Table(TableNames.Audit).QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"Action eq {action} and Outcome eq {nameof(AuditOutcome.Done)}")))
        {
            rows.Add(row);
        }

        return rows;
    }
}
