using System.Globalization;
using Atp.Core.Audit;

namespace Atp.Functions.Audit;

/// <summary>One entry of the audit.</summary>
/// <param name="Outcome">Intended before anything is written; then Done or Failed, in an entry of its own.</param>
/// <param name="Address">Where the call came from; absent for what the service does by itself.</param>
/// <param name="CorrelationId">The call's W3C trace id.</param>
/// <param name="IntentId">Of a result: the entry that said what was intended.</param>
/// <param name="Partition">The chain: a day and a shard.</param>
public sealed record AuditEntryAnswer(
    string Id, DateTimeOffset At, AuditOutcome Outcome, string CallerId, string CallerName, string? Address, string Action, string Subject,
    string Detail, string? CorrelationId, string? IntentId, string Partition, int Sequence, string Hash)
{
    public static AuditEntryAnswer Of(ChainedEntry chained)
    {
        var entry = chained.Entry;
        return new AuditEntryAnswer(entry.Id, entry.At, entry.Outcome, entry.CallerId, entry.CallerName, entry.Address, entry.Action, entry.Subject,
            entry.Detail, entry.CorrelationId, entry.IntentId, chained.Partition, chained.Sequence, chained.Hash);
    }
}

/// <summary>A chain of the audit, verified.</summary>
/// <param name="Day">Absent when there is no such day: its rows don't belong there.</param>
/// <param name="Sequence">Of the newest entry; 0 when there is none.</param>
/// <param name="Hash">Of the newest entry.</param>
/// <param name="AskedHash">Of the entry whose sequence was asked for; absent when there is none.</param>
/// <param name="Faults">The first 100.</param>
/// <param name="FaultCount">All.</param>
public sealed record AuditChainAnswer(
    string Partition, DateOnly? Day, string Shard, int Entries, int Sequence, string Hash, string? AskedHash,
    IReadOnlyList<ChainFault> Faults, int FaultCount)
{
    public static AuditChainAnswer Of(ChainReport chain)
    {
        var parts = chain.Partition.Split('!');
        DateOnly? day = DateOnly.TryParseExact(parts[0], "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var known) ? known : null;
        return new AuditChainAnswer(
            chain.Partition, day, parts[^1], chain.Entries, chain.Sequence, chain.Hash, chain.AskedHash, chain.Faults, chain.FaultCount);
    }
}
