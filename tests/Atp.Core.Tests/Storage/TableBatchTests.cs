using Atp.Core.Storage;
using Azure.Data.Tables;

namespace Atp.Core.Tests.Storage;

/// <summary>What Azure refuses and Azurite accepts, or words unhelpfully.</summary>
public sealed class TableBatchTests
{
    [Fact]
    public void A_hundred_actions_on_different_rows_of_one_partition_pass() =>
        TableBatch.Guard([.. Enumerable.Range(0, 100).Select(i => Upsert("p", $"{i}"))]);

    [Fact]
    public void More_than_a_hundred_actions_are_refused() =>
        Refused([.. Enumerable.Range(0, 101).Select(i => Upsert("p", $"{i}"))], "101 actions");

    [Fact]
    public void Actions_in_two_partitions_are_refused() => Refused([Upsert("p", "1"), Upsert("q", "2")], "one partition");

    [Fact]
    public void Two_actions_on_one_row_are_refused() => Refused([Upsert("p", "1"), Upsert("p", "1")], "same row twice");

    [Fact]
    public void A_time_before_1601_is_refused() =>
        Refused([Upsert("p", "1", DateTimeOffset.MinValue)], "1601");

    private static void Refused(TableTransactionAction[] actions, string because) =>
        Assert.Contains(because, Assert.Throws<ArgumentException>(() => TableBatch.Guard(actions)).Message, StringComparison.Ordinal);

    private static TableTransactionAction Upsert(string partition, string row, DateTimeOffset? at = null) =>
        new(TableTransactionActionType.UpsertMerge, new TableEntity(partition, row) { ["At"] = at });
}
