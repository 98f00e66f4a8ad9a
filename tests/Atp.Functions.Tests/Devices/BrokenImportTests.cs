using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Atp.Core.Devices;
using Atp.Core.Requests;
using Atp.Core.Storage;

namespace Atp.Functions.Tests.Devices;

/// <summary>An import that was cut off and is repeated ends like one clean import.</summary>
public sealed class BrokenImportTests(TestStack stack)
{
    private static readonly string[] Compared = [TableNames.Fleet, TableNames.CollectionShards];

    [Fact]
    public async Task A_connection_that_drops_half_way_is_mended_by_a_repeat()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });
        var lines = Enumerable.Range(0, 1_000).Select(i => TestSite.Line($"device-{i:D4}")).ToList();

        using var broken = new BrokenContent(lines.Take(900), () => Eventually.TrueAsync(async () => (await host.FleetKeysAsync()).Count >= 800));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => host.Admin.PostAsync("/api/devices/import", broken));

        Assert.InRange((await host.FleetKeysAsync()).Count(key => key[0] != '!'), 400, 900);
        var repeated = await host.ImportAsync(lines);
        var counts = ImportTests.Counts(repeated);
        Assert.Equal((1_000, 1_000, 0, 0), (counts.Received, counts.Created + counts.Unchanged, counts.Updated, counts.Rejected));
        Assert.True(counts.Unchanged >= 400, "The rows before the break were kept.");
        Assert.Equal(1_000, (await host.FleetKeysAsync()).Count(key => key[0] != '!'));
        Assert.Equal(1_000, await host.MemberCountAsync(collection));
        Assert.Equal(1_000, (await host.MembersAsync(collection)).Count);
    }

    [Fact]
    public async Task Killed_at_any_request_to_storage_and_repeated_it_leaves_the_rows_of_one_clean_import()
    {
        var clock = new TestClock();
        await using var clean = await AtpHost.StartAsync(stack, Fleet.Shards(2) with { Clock = clock });
        await using var crashing = await AtpHost.StartAsync(stack, Fleet.Shards(2) with { Clock = clock });
        var collections = new List<string>();
        foreach (var host in new[] { clean, crashing })
        {
            host.Admin.DefaultRequestHeaders.Add("Repeatability-Request-ID", "00000000-0000-0000-0000-000000000001");
            collections.Add(await host.CreateCollectionAsync("All", new { tag = "all" }));
        }

        var rows = Enumerable.Range(0, 1_100).Select(i => TestSite.Line($"device-{i:D4}", build: i % 3 == 0 ? 9600 : 19045)).ToList();
        await ImportAsync(clean, rows);
        var kills = 0;
        while (await crashing.Tap.CrashAfterAsync(kills, () => ImportAsync(crashing, rows)))
        {
            kills++;
        }

        Assert.True(kills > 10, $"It was killed {kills} times only.");
        Assert.Equal(await clean.RowsAsync(Compared), await crashing.RowsAsync(Compared));
        Assert.Equal(1_100, await crashing.MemberCountAsync(collections[1]));
    }

    private static async Task ImportAsync(AtpHost host, IEnumerable<string> lines)
    {
        using var body = new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', lines)));
        await host.Get<InventoryImport>().ImportAsync(InventoryFormats.ReadNdjsonAsync(body, CancellationToken.None), Caller.Service, CancellationToken.None);
    }

    /// <summary>Sends some lines, waits, and then breaks the connection.</summary>
    private sealed class BrokenContent : HttpContent
    {
        private readonly byte[] first;
        private readonly Func<Task> whenToBreak;

        public BrokenContent(IEnumerable<string> lines, Func<Task> whenToBreak)
        {
            first = Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n")));
            this.whenToBreak = whenToBreak;
            Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(first);
            await stream.FlushAsync();
            await whenToBreak();
            throw new IOException("The network went away.");
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
