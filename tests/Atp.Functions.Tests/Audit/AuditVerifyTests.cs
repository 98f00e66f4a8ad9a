using System.Net;
using System.Text.Json.Nodes;
using Atp.Core.Audit;
using Atp.Core.Health;
using Atp.Core.Storage;
using Atp.Functions.Tests.Cli;
using Atp.Functions.Tests.Http;
using Azure;
using Azure.Data.Tables;

namespace Atp.Functions.Tests.Audit;

/// <summary>Somebody who can write the storage changes the audit: <c>atp audit verify</c> tells which day, which shard, which entry, what.</summary>
public sealed class AuditVerifyTests(TestStack stack) : IAsyncLifetime
{
    private const string Subject = "policy-1";

    private readonly TemporaryFolder folder = new();
    private AtpHost host = null!;
    private string partition = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private TableClient Table => host.Table(TableNames.Audit);

    private string Anchors => Path.Combine(folder.Path, "anchors.json");

    /// <summary>Two chains of one day, of ten entries each.</summary>
    public async ValueTask InitializeAsync()
    {
        host = await AtpHost.StartAsync(stack);
        partition = host.PartitionOf(Subject);
        await host.ChangeAsync(Subject, 5);
        await host.ChangeAsync(Enumerable.Range(0, 100).Select(i => $"other-{i}").First(other => host.PartitionOf(other) != partition), 5);
    }

    public async ValueTask DisposeAsync()
    {
        folder.Dispose();
        await host.DisposeAsync();
    }

    [Fact]
    public async Task An_untouched_site_has_no_fault()
    {
        var (exitCode, output, error) = await host.AtpAsync("audit", "verify", "--anchors", Anchors);

        Assert.Equal((0, ""), (exitCode, error));
        Assert.StartsWith("20 entries in 2 chains: no fault.", output, StringComparison.Ordinal);
        await host.ChangeAsync(Subject, 3);
        Assert.StartsWith("26 entries in 2 chains: no fault.", (await host.AtpAsync("audit", "verify", "--anchors", Anchors)).Output, StringComparison.Ordinal);
        var json = JsonNode.Parse((await host.AtpAsync("audit", "verify", "--output", "json")).Output)!;
        Assert.Equal((2, 26, 0), ((int)json["chains"]!, (int)json["entries"]!, (int)json["faultCount"]!));
    }

    [Theory]
    [InlineData("a changed column", "Entry 7 was changed")]
    [InlineData("a column of another type", "Entry 7 was changed: it can't be read any more.")]
    [InlineData("a deleted row", "Entry 7 is missing.")]
    [InlineData("deleted rows", "Entries 5 to 7 are missing.")]
    [InlineData("the first row deleted", "Entry 1 is missing.")]
    [InlineData("the last row deleted", "Entry 10 is missing.")]
    [InlineData("an inserted row", "Entry 7 is there twice")]
    [InlineData("swapped rows", "Entry 7 was changed, or put there")]
    [InlineData("a changed head", "The head doesn't have the hash of the entry that it names as the last.")]
    [InlineData("a head set back", "The head names entry 9 as the last, but there are entries to 10.")]
    [InlineData("a head set forward", "Entry 11 is missing.")]
    [InlineData("no head", "The chain has no head that can be read")]
    [InlineData("a foreign row", "The row 'zzz' doesn't belong here.")]
    [InlineData("a mark of what never was", "The marks of what is on record once are not those of the entries")]
    public async Task What_was_tampered_with_is_told(string tampering, string told)
    {
        await TamperAsync(tampering, await host.RowsOfAsync(partition));

        var (exitCode, output, _) = await host.AtpAsync("audit", "verify");

        Assert.Equal(1, exitCode);
        var day = $"{host.Clock.GetUtcNow():yyyy-MM-dd}, shard {partition[^2..]}: ";
        Assert.Contains(day + told, output, StringComparison.Ordinal);
        Assert.All(output.Split('\n').Where(line => line.Contains(", shard ", StringComparison.Ordinal)), line => Assert.StartsWith(day, line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rows_of_no_chain_do_not_belong()
    {
        await Table.AddEntityAsync(new TableEntity($"{partition[..8]}!zz", "1"), Stop);

        var (exitCode, output, _) = await host.AtpAsync("audit", "verify");

        Assert.Equal(1, exitCode);
        Assert.Contains($"There is no such chain as '{partition[..8]}!zz'", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chain_that_was_cut_at_its_end_is_found_by_the_anchors_alone()
    {
        await host.AtpAsync("audit", "verify", "--anchors", Anchors);
        await CutAsync(2);

        Assert.Equal(0, (await host.AtpAsync("audit", "verify")).ExitCode); // it holds in itself
        for (var run = 0; run < 2; run++) // and again, since the anchor of before is kept
        {
            var (exitCode, output, _) = await host.AtpAsync("audit", "verify", "--anchors", Anchors);
            Assert.Equal(1, exitCode);
            Assert.Matches(@"shard \w\w: The chain was cut off: on .* it went to entry 10, now to 8\.", output);
        }
    }

    [Fact]
    public async Task A_chain_that_was_rewritten_is_found_by_the_anchors_even_when_it_grew()
    {
        await host.AtpAsync("audit", "verify", "--anchors", Anchors);
        await CutAsync(2);
        await using var unaware = await AtpHost.StartAsync(stack, new AtpHostOptions { Account = host.Account, Clock = host.Clock });
        await unaware.ChangeAsync(Subject, 1); // as long as before

        var same = await host.AtpAsync("audit", "verify", "--anchors", Anchors);
        await unaware.ChangeAsync(Subject, 2);
        var longer = await host.AtpAsync("audit", "verify", "--anchors", Anchors);

        Assert.Equal((1, 1, 0), (same.ExitCode, longer.ExitCode, (await host.AtpAsync("audit", "verify")).ExitCode));
        Assert.Contains("The chain was rewritten: entry 10 is not the one that it was", same.Output, StringComparison.Ordinal);
        Assert.Contains("The chain was rewritten: entry 10 is not the one that it was", longer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chain_that_was_removed_is_found_by_the_anchors_alone()
    {
        await host.AtpAsync("audit", "verify", "--anchors", Anchors);
        foreach (var row in await host.RowsOfAsync(partition))
        {
            await Table.DeleteEntityAsync(row, ETag.All, Stop);
        }

        Assert.Equal(0, (await host.AtpAsync("audit", "verify")).ExitCode);
        var (exitCode, output, _) = await host.AtpAsync("audit", "verify", "--anchors", Anchors);

        Assert.Equal(1, exitCode);
        Assert.Matches(@"The whole chain was removed: on .* it had 10 entries\.", output);
    }

    [Fact]
    public async Task Days_past_their_time_go_as_a_whole_and_are_no_fault()
    {
        await using var forgetful = await AtpHost.StartAsync(stack, new AtpHostOptions { Settings = { ["Atp:Site:KeepDays"] = "90" } });
        await forgetful.ChangeAsync(Subject, 3);
        var first = forgetful.PartitionOf(Subject);
        forgetful.Clock.Advance(TimeSpan.FromDays(1));
        await forgetful.ChangeAsync(Subject, 2);
        var second = forgetful.PartitionOf(Subject);
        await forgetful.AtpAsync("audit", "verify", "--anchors", Anchors);
        forgetful.Clock.Advance(TimeSpan.FromDays(90));
        Assert.StartsWith("4 entries in 1 chains", (await forgetful.AtpAsync("audit", "verify")).Output, StringComparison.Ordinal); // also before they are deleted

        await forgetful.Get<ReconcileService>().RunAsync(Stop);

        Assert.Empty(await forgetful.RowsOfAsync(first));
        Assert.NotEmpty(await forgetful.RowsOfAsync(second));
        var (exitCode, output, _) = await forgetful.AtpAsync("audit", "verify", "--anchors", Anchors);
        Assert.Equal(0, exitCode);
        Assert.Contains("1 chains are past their time and were deleted.", output, StringComparison.Ordinal);
        await (await forgetful.Admin.GetAsync($"/api/audit/chains/{first}", Stop)).ProblemAsync(HttpStatusCode.NotFound, "audit.chain-pruned");
    }

    [Fact]
    public async Task A_chain_that_is_not_there_is_not_found_and_pages_of_chains_are_those_of_all()
    {
        await (await host.Admin.GetAsync("/api/audit/chains/20990101!00", Stop)).ProblemAsync(HttpStatusCode.NotFound, "audit.chain-not-found");
        await (await host.Admin.GetAsync("/api/audit/chains/anything", Stop)).ProblemAsync(HttpStatusCode.NotFound, "audit.chain-not-found");

        var one = await host.ListAsync("pageSize=1", "audit/chains");
        Assert.Equal(2, one.Count);
        Assert.Equal((await host.ListAsync("", "audit/chains")).Select(c => c.ToJsonString()), one.Select(c => c.ToJsonString()));
        Assert.Empty(await host.ListAsync("to=2020-01-01", "audit/chains"));
    }

    [Fact]
    public async Task Anchors_of_another_site_and_files_of_something_else_are_refused()
    {
        await host.AtpAsync("audit", "verify", "--anchors", Anchors);
        await using var other = await AtpHost.StartAsync(stack);
        Assert.Contains(" is of http://127.0.0.1:", (await other.AtpAsync("audit", "verify", "--anchors", Anchors)).Error, StringComparison.Ordinal);

        await File.WriteAllTextAsync(Anchors, "{}", Stop);
        var (exitCode, _, error) = await host.AtpAsync("audit", "verify", "--anchors", Anchors);

        Assert.Equal(1, exitCode);
        Assert.Contains("is no file of anchors", error, StringComparison.Ordinal);
    }

    /// <summary>The rows come newest entry first: entry 10 at 0, entry 7 at 3; then the head.</summary>
    private async Task TamperAsync(string tampering, List<TableEntity> rows)
    {
        var (ten, seven, head) = (rows[0], rows[3], rows[10]);
        Task PutAsync(TableEntity row) => Table.UpsertEntityAsync(row, TableUpdateMode.Replace, Stop);
        Task DeleteAsync(TableEntity row) => Table.DeleteEntityAsync(row, ETag.All, Stop);
        switch (tampering)
        {
            case "a changed column":
                seven["CallerName"] = "Somebody else";
                await PutAsync(seven);
                break;
            case "a column of another type":
                seven["CallerName"] = 7;
                await PutAsync(seven);
                break;
            case "a deleted row":
                await DeleteAsync(seven);
                break;
            case "deleted rows":
                await DeleteAsync(seven);
                await DeleteAsync(rows[4]);
                await DeleteAsync(rows[5]);
                break;
            case "the first row deleted":
                await DeleteAsync(rows[9]);
                break;
            case "the last row deleted":
                await DeleteAsync(ten);
                break;
            case "an inserted row":
                var inserted = new TableEntity(seven) { RowKey = AuditChain.RowKeyOf(seven.GetDateTimeOffset("At")!.Value.UtcTicks + 1, 7) };
                await PutAsync(inserted);
                break;
            case "swapped rows":
                var (seventh, fifth) = (new TableEntity(seven) { RowKey = rows[5].RowKey }, new TableEntity(rows[5]) { RowKey = seven.RowKey });
                await PutAsync(seventh);
                await PutAsync(fifth);
                break;
            case "a changed head":
                head["Hash"] = new string('0', 64);
                await PutAsync(head);
                break;
            case "a head set back":
                head["Sequence"] = 9;
                head["Hash"] = rows[1].GetString("Hash");
                await PutAsync(head);
                break;
            case "a head set forward":
                head["Sequence"] = 11;
                await PutAsync(head);
                break;
            case "no head":
                await DeleteAsync(head);
                break;
            case "a foreign row":
                await PutAsync(new TableEntity(partition, "zzz"));
                break;
            default:
                await PutAsync(new TableEntity(partition, "once!anything") { ["Sequence"] = 3 });
                break;
        }
    }

    /// <summary>The newest entries go, and the head is set back: what is left holds in itself.</summary>
    private async Task CutAsync(int entries)
    {
        var rows = await host.RowsOfAsync(partition);
        foreach (var row in rows[..entries])
        {
            await Table.DeleteEntityAsync(row, ETag.All, Stop);
        }

        await Table.UpsertEntityAsync(new TableEntity(partition, "head")
        {
            ["Sequence"] = rows[entries].GetInt32("Sequence"),
            ["Hash"] = rows[entries].GetString("Hash"),
            ["Ticks"] = rows[entries].GetDateTimeOffset("At")!.Value.UtcTicks,
        }, TableUpdateMode.Replace, Stop);
    }
}
