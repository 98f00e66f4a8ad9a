using Atp.Core.Agent;

namespace Atp.Core.Poison;

/// <summary>A message that was given up, as far as it may be shown.</summary>
/// <param name="Id">Of the message in the poison queue; another than it had before.</param>
/// <param name="PoisonedAt">When it was put there, UTC.</param>
/// <param name="ExpiresAt">When it is gone by itself, UTC.</param>
/// <param name="DequeueCount">How often it was taken from there, by a replay that then died.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Sha256">Of its bytes, lower-case hex: equal messages are equal here.</param>
/// <param name="Content">What it says.</param>
public sealed record PoisonMessage(
    string Id, DateTimeOffset PoisonedAt, DateTimeOffset ExpiresAt, long DequeueCount, int Length, string Sha256, PoisonContent Content);

/// <summary>One field of a message between our own functions.</summary>
public sealed record PoisonField(string Name, string Value);

/// <summary>What a message says. Never a signature, and nothing of what can't be read.</summary>
public sealed record PoisonContent
{
    /// <summary>Of a message between our own functions; none for reports.</summary>
    public IReadOnlyList<PoisonField> Fields { get; init; } = [];

    /// <summary>The first of the reports that devices put together.</summary>
    public IReadOnlyList<PoisonReport> Reports { get; init; } = [];

    /// <summary>All of them.</summary>
    public int ReportCount { get; init; }

    /// <summary>Why it can't be read; null when it can: then what it needed wasn't there, or failed.</summary>
    public string? Fault { get; init; }
}

/// <summary>A report in a message that was given up. Nobody has verified it: it need not be of the device that it names.</summary>
/// <param name="DeviceId">Null when it is no device id.</param>
/// <param name="KeyVersion">Of the key that it says it is signed with.</param>
/// <param name="Report">What it says; null when that can't be read.</param>
/// <param name="Fault">Why.</param>
public sealed record PoisonReport(string? DeviceId, int KeyVersion, DeviceReport? Report, string? Fault);

/// <summary>Which messages of a poison queue: so many, whichever come first, or those with these ids.</summary>
public sealed record PoisonSelection(int? Max = null, IReadOnlyList<string>? MessageIds = null);

/// <summary>What came of it.</summary>
/// <param name="Done">Messages that were put back, or deleted.</param>
/// <param name="Left">About how many the poison queue still holds.</param>
public sealed record PoisonChange(int Done, int Left);
