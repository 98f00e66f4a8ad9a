using System.Security.Cryptography;
using System.Text;

namespace Atp.Core.Audit;

/// <summary>What can be wrong with a chain.</summary>
public enum ChainFaultKind
{
    EntryChanged,
    EntriesMissing,

    /// <summary>An entry names another one before it than the one that is there.</summary>
    LinkBroken,
    EntryMisplaced,
    HeadMissing,
    HeadWrong,
    RowForeign,

    /// <summary>The marks of what is on record once are not those of the entries.</summary>
    MarksWrong,
}

/// <summary>One thing that is wrong.</summary>
/// <param name="Sequence">Of the entry; absent when it is about none.</param>
/// <param name="Text">For people, with the sequence.</param>
public sealed record ChainFault(ChainFaultKind Kind, int? Sequence, string Text);

/// <summary>A chain, verified.</summary>
/// <param name="Entries">How many there are.</param>
/// <param name="Sequence">Of the newest; 0 when there is none.</param>
/// <param name="Hash">Of the newest; empty when there is none or it can't be read.</param>
/// <param name="AskedHash">Of the entry whose sequence was asked for; null when there is none.</param>
/// <param name="Faults">The first <see cref="ChainVerifier.MaxFaults"/>; <paramref name="FaultCount"/> counts all.</param>
public sealed record ChainReport(
    string Partition, int Entries, int Sequence, string Hash, string? AskedHash, IReadOnlyList<ChainFault> Faults, int FaultCount);

/// <summary>
/// Verifies one chain as its rows stream by, the newest entry first, while others may append to it: the head as it was before the
/// first row was read must be among the entries, and the head as it is after the last must not be behind them. Keeps no row.
/// </summary>
/// <param name="partition">The chain.</param>
/// <param name="before">The head, read before the first row; null when there was none.</param>
/// <param name="asked">A sequence whose hash is wanted, to compare with one that was kept.</param>
public sealed class ChainVerifier(string partition, ChainHead? before, int? asked = null)
{
    public const int MaxFaults = 100;

    private readonly List<ChainFault> faults = [];
    private readonly byte[] marksOfEntries = new byte[SHA256.HashSizeInBytes];
    private readonly byte[] marks = new byte[SHA256.HashSizeInBytes];
    private int faultCount;
    private int entries;
    private int newestMark;
    private (int Sequence, string? Hash) newest;
    private (int Sequence, string? PreviousHash)? newer;
    private string? hashAtHead;
    private string? hashAsked;

    /// <summary>The next older entry; null when the row with this key of an entry can't be read.</summary>
    public void Add(string rowKey, int sequence, ChainedEntry? entry)
    {
        if (entries++ == 0)
        {
            newest = (sequence, entry?.Hash);
        }

        var intact = entry is not null && entry.Sequence == sequence && AuditChain.HashOf(entry) == entry.Hash;
        if (newer is { } next && sequence >= next.Sequence)
        {
            Fault(ChainFaultKind.EntryMisplaced, sequence, sequence == next.Sequence
                ? $"Entry {sequence} is there twice: one of them was put there later."
                : $"Entry {sequence} is out of place: it lies before entry {next.Sequence}.");
            return;
        }

        if (newer is { } after && sequence < after.Sequence - 1)
        {
            Missing(sequence + 1, after.Sequence - 1);
        }

        if (!intact)
        {
            Fault(ChainFaultKind.EntryChanged, sequence, entry is null
                ? $"Entry {sequence} was changed: it can't be read any more."
                : $"Entry {sequence} was changed, or put there: what it says doesn't have the hash that it carries.");
        }
        else if (newer is { PreviousHash: { } previous } link && link.Sequence == sequence + 1 && previous != entry!.Hash)
        {
            Fault(ChainFaultKind.LinkBroken, sequence,
                $"Entry {sequence} is not the one that entry {link.Sequence} was appended to: one of them was replaced.");
        }

        newer = (sequence, intact ? entry!.PreviousHash : null);
        hashAtHead = sequence == before?.Sequence ? entry?.Hash : hashAtHead;
        hashAsked = sequence == asked ? entry?.Hash : hashAsked;
        if (entry?.Entry.OnceKey is { } onceKey)
        {
            Mark(marksOfEntries, onceKey, sequence);
        }
    }

    /// <summary>A mark of what is on record once; they come after the entries.</summary>
    public void AddMark(string onceKey, int sequence)
    {
        newestMark = Math.Max(newestMark, sequence);
        if (sequence <= newest.Sequence)
        {
            Mark(marks, onceKey, sequence); // a newer one is of an entry that was appended after the entries were read
        }
    }

    /// <summary>A row that is none of ours.</summary>
    public void AddForeign(string rowKey) => Fault(ChainFaultKind.RowForeign, null, $"The row '{Shortened(rowKey)}' doesn't belong here.");

    /// <param name="after">The head, read after the last row; null when there was none.</param>
    public ChainReport Finish(ChainHead? after)
    {
        if (!AuditChain.IsPartition(partition))
        {
            Fault(ChainFaultKind.RowForeign, null, $"There is no such chain as '{Shortened(partition)}': its rows don't belong here.");
        }

        var oldest = newer?.Sequence ?? ((before ?? after)?.Sequence + 1) ?? 1;
        if (oldest > 1)
        {
            Missing(1, oldest - 1);
        }
        else if (newer is { PreviousHash.Length: > 0 })
        {
            Fault(ChainFaultKind.LinkBroken, 1, "Entry 1 was appended to another one, which is not there.");
        }

        CheckHead(after);
        if (newestMark > Math.Max(newest.Sequence, after?.Sequence ?? 0)
            || (faultCount == 0 && !marks.AsSpan().SequenceEqual(marksOfEntries)))
        {
            Fault(ChainFaultKind.MarksWrong, null, "The marks of what is on record once are not those of the entries: one was put there or taken away.");
        }

        return new ChainReport(partition, entries, newest.Sequence, newest.Hash ?? "", hashAsked, faults, faultCount);
    }

    private void CheckHead(ChainHead? after)
    {
        if (entries > 0 && before?.Sequence > newest.Sequence)
        {
            Missing(newest.Sequence + 1, before.Sequence);
        }

        if (after is null)
        {
            if (entries > 0 || before is not null)
            {
                Fault(ChainFaultKind.HeadMissing, null, "The chain has no head that can be read: it was taken away or changed.");
            }
        }
        else if (after.Sequence < newest.Sequence)
        {
            Fault(ChainFaultKind.HeadWrong, after.Sequence,
                $"The head names entry {after.Sequence} as the last, but there are entries to {newest.Sequence}.");
        }
        else if ((hashAtHead is not null && hashAtHead != before!.Hash)
            || (after.Sequence == newest.Sequence && newest.Hash is not null && newest.Hash != after.Hash))
        {
            Fault(ChainFaultKind.HeadWrong, after.Sequence, "The head doesn't have the hash of the entry that it names as the last.");
        }
    }

    private void Missing(int first, int last) => Fault(ChainFaultKind.EntriesMissing, first, first == last
        ? $"Entry {first} is missing."
        : $"Entries {first} to {last} are missing.");

    private void Fault(ChainFaultKind kind, int? sequence, string text)
    {
        if (faultCount++ < MaxFaults)
        {
            faults.Add(new ChainFault(kind, sequence, text));
        }
    }

    /// <summary>The sum of all marks in any order: equal for equal sets, without keeping them.</summary>
    private static void Mark(byte[] sum, string onceKey, int sequence)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{sequence}\n{onceKey}"));
        for (var i = 0; i < sum.Length; i++)
        {
            sum[i] ^= hash[i];
        }
    }

    private static string Shortened(string key) => key.Length <= 64 ? key : key[..64] + "…";
}
