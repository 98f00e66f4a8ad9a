using System.Text.Json.Nodes;
using Atp.Core.Audit;
using Atp.Core.Storage;
using Atp.Functions.Tests.Cli;
using Azure.Data.Tables;

namespace Atp.Functions.Tests.Audit;

/// <summary>The audit as its readers have it: over HTTP, by the command line, and as whoever holds the storage could write it.</summary>
internal static class AuditSite
{
    /// <summary>All pages.</summary>
    public static async Task<List<JsonObject>> ListAsync(this AtpHost host, string query = "", string what = "audit")
    {
        var all = new List<JsonObject>();
        for (string? next = $"/api/{what}?{query}"; next is not null;)
        {
            var page = await host.GetJsonAsync(next);
            all.AddRange(page["value"]!.AsArray().Select(entry => entry!.AsObject()));
            next = (string?)page["nextLink"];
        }

        return all;
    }

    /// <summary>Runs <c>atp</c> against the host, as an administrator with every role.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> AtpAsync(this AtpHost host, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        var token = Path.Combine(folder.Path, "token");
        await File.WriteAllTextAsync(token, host.Admin.DefaultRequestHeaders.Authorization!.Parameter, TestContext.Current.CancellationToken);
        var terminal = new CapturedTerminal();
        var exitCode = await terminal.RunAsync(TestContext.Current.CancellationToken,
            [.. arguments, "--server", host.BaseAddress.AbsoluteUri, "--token-file", token]);
        return (exitCode, terminal.Output, terminal.Error);
    }

    /// <summary>What was intended and what came of it, so often: a chain of twice as many entries.</summary>
    public static async Task ChangeAsync(this AtpHost host, string subject, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await host.Get<AuditTrail>().ChangeAsync(new("ann/cli", "Ann"), "test.change", subject, () => Task.FromResult($"change {i}"), CancellationToken.None);
            host.Clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    public static string PartitionOf(this AtpHost host, string subject) =>
        AuditChain.PartitionOf(AuditChain.DayOf(host.Clock.GetUtcNow()), host.Get<AuditTable>().ShardOf(subject));

    /// <summary>The rows of a chain, the newest entry first.</summary>
    public static ValueTask<List<TableEntity>> RowsOfAsync(this AtpHost host, string partition) => host.Table(TableNames.Audit)
        .QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {partition}")).ToListAsync();
}
