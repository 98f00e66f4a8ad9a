using Atp.Core.Audit;

namespace Atp.Core.Tests.Audit;

public sealed class ChainVerifierTests
{
    private const string Partition = "20260131!0a";
    private static readonly DateTimeOffset Start = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_untouched_chain_has_no_fault_and_tells_its_end()
    {
        var chain = Chain(5);

        var report = Verify(chain);

        Assert.Empty(report.Faults);
        Assert.Equal((5, 5, chain[^1].Hash), (report.Entries, report.Sequence, report.Hash));
    }

    [Fact]
    public void The_hash_of_one_entry_is_told_when_it_is_asked_for()
    {
        var chain = Chain(5);

        Assert.Equal(chain[1].Hash, Verify(chain, asked: 2).AskedHash);
        Assert.Null(Verify(chain, asked: 6).AskedHash);
    }

    [Fact]
    public void Keys_count_down_even_when_a_clock_is_behind()
    {
        var first = AuditChain.Append(Partition, ChainHead.None, Entry(Start));
        var second = AuditChain.Append(Partition, new ChainHead(1, first.Hash, Start.UtcTicks), Entry(Start.AddMinutes(-5)));

        Assert.True(string.CompareOrdinal(second.RowKey, first.RowKey) < 0);
        Assert.Equal((1, 2), (AuditChain.SequenceOf(first.RowKey), AuditChain.SequenceOf(second.RowKey)));
    }

    [Theory]
    [InlineData("head")]
    [InlineData("once!x")]
    [InlineData("0000000000000000000!2147483647")] // sequence 0
    [InlineData("0000000000000000000!9999999999")]
    [InlineData("0000000000000000000!2147483646\n")]
    public void What_is_no_key_of_an_entry_names_no_sequence(string rowKey) => Assert.Null(AuditChain.SequenceOf(rowKey));

    public static TheoryData<string> Columns() => ["id", "at", "caller", "name", "address", "action", "subject", "outcome", "detail", "correlation", "intent", "once"];

    [Theory]
    [MemberData(nameof(Columns))]
    public void A_change_of_any_column_is_found(string column)
    {
        var chain = Chain(3);
        var entry = chain[1].Entry;
        chain[1] = chain[1] with
        {
            Entry = column switch
            {
                "id" => entry with { Id = "another" },
                "at" => entry with { At = entry.At.AddTicks(1) },
                "caller" => entry with { CallerId = "another" },
                "name" => entry with { CallerName = "Another" },
                "address" => entry with { Address = null },
                "action" => entry with { Action = "another" },
                "subject" => entry with { Subject = "another" },
                "outcome" => entry with { Outcome = AuditOutcome.Failed },
                "detail" => entry with { Detail = "another" },
                "correlation" => entry with { CorrelationId = null },
                "intent" => entry with { IntentId = null },
                _ => entry with { OnceKey = "another" },
            },
        };

        Assert.Equal(ChainFaultKind.EntryChanged, Verify(chain).Faults[0].Kind);
    }

    [Fact]
    public void Two_columns_cannot_be_taken_for_one_another()
    {
        var chain = Chain(1);
        chain[0] = chain[0] with { Entry = chain[0].Entry with { Action = chain[0].Entry.Subject, Subject = chain[0].Entry.Action } };

        Assert.Equal([ChainFaultKind.EntryChanged], Kinds(Verify(chain)));
    }

    [Fact]
    public void An_entry_that_was_changed_together_with_its_hash_breaks_the_link()
    {
        var chain = Chain(4);
        var changed = chain[1] with { Entry = chain[1].Entry with { Detail = "harmless" } };
        chain[1] = changed with { Hash = AuditChain.HashOf(changed) };

        var fault = Assert.Single(Verify(chain).Faults);

        Assert.Equal((ChainFaultKind.LinkBroken, 2), (fault.Kind, fault.Sequence));
    }

    [Theory]
    [InlineData(0, "Entry 1 is missing.")]
    [InlineData(2, "Entry 3 is missing.")]
    [InlineData(4, "Entry 5 is missing.")]
    public void A_missing_entry_is_told_by_its_sequence(int index, string text)
    {
        var chain = Chain(5);
        var head = HeadOf(chain);
        chain.RemoveAt(index);

        Assert.Contains(text, VerifyBetween(chain, head, head).Faults.Select(f => f.Text));
    }

    [Fact]
    public void Several_missing_entries_are_told_as_a_range()
    {
        var chain = Chain(9);
        chain.RemoveRange(2, 4);

        Assert.Equal("Entries 3 to 6 are missing.", Assert.Single(Verify(chain).Faults).Text);
    }

    [Fact]
    public void A_chain_whose_entries_are_all_gone_is_found_by_its_head()
    {
        var head = HeadOf(Chain(3));

        Assert.Equal("Entries 1 to 3 are missing.", Assert.Single(VerifyBetween([], head, head).Faults).Text);
    }

    [Fact]
    public void An_entry_that_is_there_twice_is_found()
    {
        var chain = Chain(4);
        chain.Insert(2, chain[1]);

        Assert.Equal("Entry 2 is there twice: one of them was put there later.", Assert.Single(VerifyBetween(chain, HeadOf(chain), HeadOf(chain)).Faults).Text);
    }

    [Fact]
    public void An_entry_of_another_chain_does_not_fit()
    {
        var (chain, other) = (Chain(3), Chain(3, "20260131!0b"));
        chain[1] = other[1] with { Partition = Partition };

        Assert.Equal(ChainFaultKind.EntryChanged, Verify(chain).Faults[0].Kind);
    }

    [Fact]
    public void A_row_that_cannot_be_read_and_one_that_is_none_of_ours_are_told()
    {
        var chain = Chain(2);
        var verifier = new ChainVerifier(Partition, HeadOf(chain));
        verifier.Add(chain[1].RowKey, 2, null);
        verifier.Add(chain[0].RowKey, 1, chain[0]);
        verifier.AddForeign("notes");

        Assert.Equal([ChainFaultKind.EntryChanged, ChainFaultKind.RowForeign], Kinds(verifier.Finish(HeadOf(chain))));
    }

    [Fact]
    public void What_is_appended_while_it_is_read_is_no_fault()
    {
        var chain = Chain(9);

        Assert.Empty(VerifyBetween(chain[..6], HeadOf(chain[..4]), HeadOf(chain)).Faults); // the head was read before, two came, three more after
        Assert.Empty(VerifyBetween(chain[..3], null, HeadOf(chain)).Faults);
    }

    [Fact]
    public void Entries_past_the_head_and_a_head_of_another_hash_are_found()
    {
        var chain = Chain(5);

        Assert.Equal([ChainFaultKind.HeadWrong], Kinds(VerifyBetween(chain, HeadOf(chain[..3]), HeadOf(chain[..3]))));
        Assert.Equal([ChainFaultKind.HeadWrong], Kinds(VerifyBetween(chain, HeadOf(chain) with { Hash = "00" }, HeadOf(chain) with { Hash = "00" })));
        Assert.Equal([ChainFaultKind.HeadMissing], Kinds(VerifyBetween(chain, null, null)));
    }

    [Fact]
    public void Marks_must_be_those_of_the_entries()
    {
        var chain = Chain(4, once: true);

        Assert.Empty(Verify(chain).Faults);
        Assert.Equal([ChainFaultKind.MarksWrong], Kinds(Verify(chain, marks: [("fact 1", 1), ("fact 2", 2), ("fact 3", 3)])));
        Assert.Equal([ChainFaultKind.MarksWrong], Kinds(Verify(chain, marks: [("fact 1", 1), ("fact 2", 2), ("fact 3", 3), ("fact 9", 4)])));
        Assert.Equal([ChainFaultKind.MarksWrong], Kinds(Verify(chain, marks: [("fact 1", 1), ("fact 2", 2), ("fact 3", 3), ("fact 4", 4), ("fact 5", 5)])));
    }

    [Fact]
    public void A_chain_with_a_name_of_no_day_and_shard_does_not_belong()
    {
        var chain = Chain(1, "20260131!zz");

        Assert.Equal([ChainFaultKind.RowForeign], Kinds(Verify(chain, partition: "20260131!zz")));
    }

    [Fact]
    public void Ever_so_many_faults_are_counted_and_the_first_are_kept()
    {
        var chain = Chain(500).Select(c => c with { Hash = "00" }).ToList();

        var report = Verify(chain);

        Assert.Equal((ChainVerifier.MaxFaults, 500), (report.Faults.Count, report.FaultCount));
    }

    private static List<ChainedEntry> Chain(int count, string partition = Partition, bool once = false)
    {
        var chain = new List<ChainedEntry>();
        var head = ChainHead.None;
        for (var i = 1; i <= count; i++)
        {
            chain.Add(AuditChain.Append(partition, head, Entry(Start.AddSeconds(i)) with { OnceKey = once ? $"fact {i}" : null }));
            head = HeadOf(chain);
        }

        return chain;
    }

    private static AuditEntry Entry(DateTimeOffset at) => new()
    {
        Id = Guid.CreateVersion7(at).ToString(),
        At = at,
        CallerId = "ann/cli",
        CallerName = "Ann",
        Address = "192.0.2.1",
        Action = "policy.create",
        Subject = "policy-1",
        Outcome = AuditOutcome.Done,
        Detail = "revision 1",
        CorrelationId = "trace",
        IntentId = "intent",
    };

    private static ChainHead HeadOf(IReadOnlyList<ChainedEntry> chain) => new(chain[^1].Sequence, chain[^1].Hash, chain[^1].Entry.At.UtcTicks);

    private static ChainReport Verify(
        List<ChainedEntry> chain, int? asked = null, string partition = Partition, IEnumerable<(string Key, int Sequence)>? marks = null) =>
        VerifyBetween(chain, HeadOf(chain), HeadOf(chain), asked, partition, marks);

    /// <summary>As the rows stream by: the newest entry first, then the marks.</summary>
    private static ChainReport VerifyBetween(
        List<ChainedEntry> chain, ChainHead? before, ChainHead? after, int? asked = null, string partition = Partition,
        IEnumerable<(string Key, int Sequence)>? marks = null)
    {
        var verifier = new ChainVerifier(partition, before, asked);
        foreach (var entry in Enumerable.Reverse(chain))
        {
            verifier.Add(entry.RowKey, AuditChain.SequenceOf(entry.RowKey)!.Value, entry);
        }

        foreach (var (key, sequence) in marks ?? chain.Where(c => c.Entry.OnceKey is not null).Select(c => (c.Entry.OnceKey!, c.Sequence)))
        {
            verifier.AddMark(key, sequence);
        }

        return verifier.Finish(after);
    }

    private static IEnumerable<ChainFaultKind> Kinds(ChainReport report) => report.Faults.Select(f => f.Kind);
}
