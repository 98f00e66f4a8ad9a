using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Atp.Core.Audit;

/// <summary>An entry in its place in the chain of its partition.</summary>
/// <param name="Partition">The chain.</param>
/// <param name="RowKey">As <see cref="AuditChain.RowKeyOf"/> makes it.</param>
/// <param name="Sequence">From 1, without gaps.</param>
/// <param name="PreviousHash">Of the entry before; empty for the first.</param>
/// <param name="Hash">As <see cref="AuditChain.HashOf"/> makes it.</param>
public sealed record ChainedEntry(string Partition, string RowKey, int Sequence, string PreviousHash, string Hash, AuditEntry Entry);

/// <summary>The last entry of a chain.</summary>
/// <param name="Ticks">The time in its key: keys count down, whatever the clocks of several instances say.</param>
public sealed record ChainHead(int Sequence, string Hash, long Ticks)
{
    /// <summary>Of a chain without entries.</summary>
    public static ChainHead None { get; } = new(0, "", 0);
}

/// <summary>How the entries of a partition are chained: pure functions, the same for who writes and who verifies.</summary>
public static partial class AuditChain
{
    public static string DayOf(DateTimeOffset at) => at.UtcDateTime.ToString("yyyyMMdd", CultureInfo.InvariantCulture);

    public static string PartitionOf(string day, string shard) => $"{day}!{shard}";

    /// <summary>Whether it is a day, <c>!</c> and a shard.</summary>
    public static bool IsPartition(string text) => Partition().IsMatch(text);

    /// <summary>The newest sorts first: both parts count down.</summary>
    public static string RowKeyOf(long ticks, int sequence) =>
        string.Create(CultureInfo.InvariantCulture, $"{DateTime.MaxValue.Ticks - ticks:D19}!{int.MaxValue - sequence:D10}");

    /// <summary>The sequence that a key names; null when it is no key of an entry.</summary>
    public static int? SequenceOf(string rowKey) =>
        EntryKey().Match(rowKey) is { Success: true } match
        && int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var countedDown)
        && countedDown < int.MaxValue
            ? int.MaxValue - countedDown
            : null;

    public static ChainedEntry Append(string partition, ChainHead last, AuditEntry entry)
    {
        var sequence = last.Sequence + 1;
        var chained = new ChainedEntry(
            partition, RowKeyOf(Math.Max(entry.At.UtcTicks, last.Ticks), sequence), sequence, last.Hash, "", entry);
        return chained with { Hash = HashOf(chained) };
    }

    /// <summary>Lower-case hex SHA-256 over everything that an entry says, its place, and the hash of the one before.</summary>
    public static string HashOf(ChainedEntry chained)
    {
        var entry = chained.Entry;
        return Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new[]
        {
            chained.Partition, chained.RowKey, chained.PreviousHash, entry.Id,
            entry.At.UtcDateTime.ToString("O", CultureInfo.InvariantCulture), entry.CallerId, entry.CallerName, entry.Address ?? "",
            entry.Action, entry.Subject, entry.Outcome.ToString(), entry.Detail, entry.CorrelationId ?? "", entry.IntentId ?? "",
            entry.OnceKey ?? "",
        })));
    }

    [GeneratedRegex("^[0-9]{8}![0-9a-f]{2}\\z")]
    private static partial Regex Partition();

    [GeneratedRegex("^[0-9]{19}!([0-9]{10})\\z")]
    private static partial Regex EntryKey();
}
