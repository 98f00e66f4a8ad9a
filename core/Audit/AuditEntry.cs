using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace Atp.Core.Audit;

/// <summary>How far a change was when its row was written.</summary>
public enum AuditOutcome
{
    /// <summary>Before anything is written. Without another row after it, nobody knows how the change ended: the process died.</summary>
    Intended,
    Done,

    /// <summary>It was refused or broke off; parts of it may have been done.</summary>
    Failed,
}

/// <summary>One row of the audit: who did what to which thing, from where, with what result; never a secret.</summary>
public sealed record AuditEntry
{
    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who: the token's subject and application, <c>device:{id}</c>, or <c>service</c>.</summary>
    public required string CallerId { get; init; }

    /// <summary>For people.</summary>
    public required string CallerName { get; init; }

    /// <summary>The network address that the call came from; null for what the service does by itself.</summary>
    public string? Address { get; init; }

    /// <summary>What, e.g. <c>policy.create</c>.</summary>
    public required string Action { get; init; }

    /// <summary>The id of the thing.</summary>
    public required string Subject { get; init; }

    public required AuditOutcome Outcome { get; init; }

    /// <summary>More about it, e.g. <c>revision 3</c>, or the code of the error.</summary>
    public required string Detail { get; init; }

    /// <summary>The W3C trace id of the call: the same in its answers, logs and messages.</summary>
    public string? CorrelationId { get; init; }
}

/// <summary>An entry in its place in the chain of its partition.</summary>
/// <param name="Sequence">From 1, without gaps.</param>
/// <param name="PreviousHash">Of the entry before; empty for the first.</param>
/// <param name="Hash">As <see cref="AuditChain.HashOf"/> makes it.</param>
public sealed record ChainedEntry(string Partition, int Sequence, string PreviousHash, string Hash, AuditEntry Entry);

/// <summary>How the entries of a partition are chained: pure functions, the same for who writes and who verifies.</summary>
public static class AuditChain
{
    /// <summary>Lower-case hex SHA-256 over everything that an entry says, its place, and the hash of the one before.</summary>
    public static string HashOf(string partition, int sequence, string previousHash, AuditEntry entry) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new[]
        {
            partition, sequence.ToString(CultureInfo.InvariantCulture), previousHash,
            entry.At.UtcDateTime.ToString("O", CultureInfo.InvariantCulture), entry.CallerId, entry.CallerName, entry.Address ?? "",
            entry.Action, entry.Subject, entry.Outcome.ToString(), entry.Detail, entry.CorrelationId ?? "",
        })));

    public static ChainedEntry Append(string partition, int lastSequence, string lastHash, AuditEntry entry) =>
        new(partition, lastSequence + 1, lastHash, HashOf(partition, lastSequence + 1, lastHash, entry), entry);
}
