using Atp.Core.Audit;
using Atp.Core.Devices;
using Atp.Core.Site;
using Atp.Core.Storage;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;

namespace Atp.Functions.Tests.Audit;

/// <summary>Chains have no gap and no fork, whoever writes to them at the same time, and whatever becomes of the answers.</summary>
public sealed class AuditChainTests(TestStack stack)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_instances_write_hundreds_of_entries_to_the_same_chain_over_midnight_while_it_is_verified()
    {
        await using var one = await AtpHost.StartAsync(stack);
        await using var other = await AtpHost.StartAsync(stack, new AtpHostOptions { Account = one.Account, Clock = one.Clock });
        AtpHost[] hosts = [one, other];
        const int Changes = 200;

        var writing = Parallel.ForEachAsync(Enumerable.Range(0, Changes), new ParallelOptions { MaxDegreeOfParallelism = 40, CancellationToken = Stop }, async (i, ct) =>
        {
            one.Clock.Advance(TimeSpan.FromMinutes(8));
            await hosts[i % 2].Get<AuditTrail>().ChangeAsync(new("ann", "Ann"), "test.change", "the one subject", () => Task.FromResult($"{i}"), ct);
        });
        var verified = 0;
        while (!writing.IsCompleted)
        {
            Assert.All(await one.ListAsync("", "audit/chains"), chain => Assert.Empty(chain["faults"]!.AsArray()));
            verified++;
        }

        await writing;
        var chains = await one.ListAsync("", "audit/chains");
        Assert.True(verified > 0);
        Assert.InRange(chains.Count, 2, 3);
        Assert.All(chains, chain => Assert.Equal((0, (int)chain["sequence"]!), ((int)chain["faultCount"]!, (int)chain["entries"]!)));
        Assert.Equal(2 * Changes, chains.Sum(chain => (int)chain["entries"]!));
        var listed = await one.ListAsync("pageSize=1000&subject=the%20one%20subject");
        Assert.Equal(Changes, listed.Where(e => (string)e["outcome"]! == "Done").Select(e => (string)e["intentId"]!)
            .Intersect(listed.Where(e => (string)e["outcome"]! == "Intended").Select(e => (string)e["id"]!)).Count());
    }

    [Fact]
    public async Task An_instance_takes_up_the_chain_where_another_left_it()
    {
        await using var one = await AtpHost.StartAsync(stack);
        await one.ChangeAsync("policy-1", 2);
        await using (var restarted = await AtpHost.StartAsync(stack, new AtpHostOptions { Account = one.Account, Clock = one.Clock }))
        {
            await restarted.ChangeAsync("policy-1", 2);
        }

        await one.ChangeAsync("policy-1", 2); // what it remembers of the head is old by now

        var chain = Assert.Single(await one.ListAsync("", "audit/chains"));
        Assert.Equal((12, 12, 0), ((int)chain["entries"]!, (int)chain["sequence"]!, (int)chain["faultCount"]!));
    }

    [Theory]
    [InlineData(0, 0)] // the first of its chain
    [InlineData(3, 0)]
    [InlineData(0, 2)] // others appended before it was asked again
    [InlineData(3, 2)]
    public async Task An_entry_whose_answer_was_lost_is_not_written_again(int before, int meanwhile)
    {
        await using var host = await AtpHost.StartAsync(stack);
        await host.ChangeAsync("policy-1", before);
        var lossy = new LossyPolicy(() => host.ChangeAsync("policy-1", meanwhile));
        var options = new TableClientOptions { Retry = { Delay = TimeSpan.FromMilliseconds(10) } };
        options.AddPolicy(lossy, HttpPipelinePosition.PerRetry);
        var table = new AuditTable(
            new TableClient(host.Account.ConnectionString, TableNames.Audit, options), new ShardMap(new SiteSettings(8, 2207, TimeSpan.FromDays(7))));

        Assert.True(await table.AppendAsync(new AuditEntry
        {
            Id = "the entry",
            At = host.Clock.GetUtcNow(),
            CallerId = "ann",
            CallerName = "Ann",
            Action = "test.lost",
            Subject = "policy-1",
            Outcome = AuditOutcome.Done,
            Detail = "",
        }, Stop));

        Assert.True(lossy.Lost);
        Assert.Single(await host.ListAsync("action=test.lost"));
        var chain = Assert.Single(await host.ListAsync("", "audit/chains"));
        Assert.Equal(((2 * (before + meanwhile)) + 1, 0), ((int)chain["entries"]!, (int)chain["faultCount"]!));
    }

    [Fact]
    public async Task What_is_on_record_once_stays_so_whoever_records_it()
    {
        await using var one = await AtpHost.StartAsync(stack);
        await using var other = await AtpHost.StartAsync(stack, new AtpHostOptions { Account = one.Account, Clock = one.Clock });
        AtpHost[] hosts = [one, other];

        var first = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => hosts[i % 2].Get<AuditTrail>().RecordOnceAsync(
            new("device:pc-1", "pc-1"), "configuration.deliver", "pc-1", "", $"fact-{i % 4}", one.Clock.GetUtcNow(), Stop)));

        Assert.Equal(4, first.Count(isFirst => isFirst));
        var chain = Assert.Single(await one.ListAsync("", "audit/chains"));
        Assert.Equal((4, 0), ((int)chain["entries"]!, (int)chain["faultCount"]!));
    }

    /// <summary>The first transaction gets through, but its answer doesn't.</summary>
    private sealed class LossyPolicy(Func<Task> happens) : HttpPipelinePolicy
    {
        public bool Lost { get; private set; }

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            await ProcessNextAsync(message, pipeline);
            if (!Lost && message.Request.Method == RequestMethod.Post)
            {
                Lost = true;
                await happens();
                throw new IOException("The connection was lost.");
            }
        }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => ProcessNext(message, pipeline);
    }
}
