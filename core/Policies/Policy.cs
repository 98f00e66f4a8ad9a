using System.Globalization;
using Atp.Core.Errors;

namespace Atp.Core.Policies;

public enum PolicyKind
{
    Onboarding,
    Offboarding,
}

/// <summary>Which file samples are collected from devices for analysis.</summary>
public enum FileSamples
{
    None,
    AllFileTypes,
}

/// <summary>What may be told of a configuration file; its content stays in Blob storage.</summary>
/// <param name="FileName">As uploaded; inside a .zip, the name of the file in it.</param>
/// <param name="Sha256">Lower-case hex over the bytes that devices get.</param>
/// <param name="Length">Bytes.</param>
/// <param name="OrgId">The organisation in the file's body.</param>
/// <param name="Version">The file's own version text.</param>
/// <param name="ExpiresAt">Offboarding files only, UTC: read from the file, never assumed.</param>
/// <param name="PackageGuid">Newer files carry one.</param>
public sealed record ConfigurationFileFacts(
    string FileName, string Sha256, long Length, string OrgId, string Version, DateTimeOffset? ExpiresAt, string? PackageGuid)
{
    /// <summary>An offboarding file is warned about from so many days left.</summary>
    public const int WarningDays = 7;

    /// <summary>Whole days until an offboarding file expires, 0 when it has; null for an onboarding file.</summary>
    public int? DaysLeft(DateTimeOffset now) => ExpiresAt is { } expires ? Math.Max(0, (int)(expires - now).TotalDays) : null;

    /// <summary>What is to be said of an offboarding file that expires soon or has; null when there is nothing.</summary>
    public string? ExpiryWarning(DateTimeOffset now) => DaysLeft(now) is not { } days || days > WarningDays ? null
        : ExpiresAt <= now
            ? string.Create(CultureInfo.InvariantCulture,
                $"The offboarding file expired on {ExpiresAt:yyyy-MM-dd} and devices refuse it. Download a new one and update the policy.")
        : string.Create(CultureInfo.InvariantCulture,
            $"The offboarding file expires on {ExpiresAt:yyyy-MM-dd}, {Left(days)} left. Download a new one and update the policy before then.");

    private static string Left(int days) => days switch
    {
        0 => "less than a day",
        1 => "1 day",
        _ => string.Create(CultureInfo.InvariantCulture, $"{days} days"),
    };
}

/// <summary>The Log Analytics workspace of down-level devices.</summary>
/// <param name="Id">A GUID.</param>
/// <param name="KeyVersion">The Key Vault version of the key; the key itself stays there.</param>
public sealed record Workspace(string Id, string KeyVersion);

/// <summary>A policy as it was at one revision. Never changed once written.</summary>
public sealed record PolicyRevision
{
    public required int Revision { get; init; }

    public required string Name { get; init; }

    public string Description { get; init; } = "";

    public required PolicyKind Kind { get; init; }

    public required ConfigurationFileFacts ConfigurationFile { get; init; }

    /// <summary>Null when the policy serves up-level devices only.</summary>
    public Workspace? Workspace { get; init; }

    public FileSamples FileSamples { get; init; } = FileSamples.AllFileTypes;

    /// <summary>Things that are odd but allowed, e.g. a workspace key of an unusual length.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    public required DateTimeOffset CreatedAt { get; init; }

    public required string CreatedBy { get; init; }
}

/// <summary>A Microsoft Defender ATP policy: its current revision, and its place among the others.</summary>
public sealed record Policy
{
    public required string Id { get; init; }

    /// <summary>The lowest number wins on a device that several deployments target; then the newest deployment.</summary>
    public required int Order { get; init; }

    public required PolicyRevision Current { get; init; }

    /// <summary>Deleted, and can be recovered as it was; null while in use.</summary>
    public PolicyDeletion? Deletion { get; init; }

    /// <summary>Past recovery: what belongs to it is being removed, its row last.</summary>
    public bool Deleting { get; init; }

    /// <summary>Deleted or not: no deployment of a deleted one counts, and no list has it.</summary>
    public bool InUse => Deletion is null && !Deleting;

    /// <exception cref="DomainException">Stale: the change was made from another revision.</exception>
    internal void MustBeAt(int expectedRevision)
    {
        if (Current.Revision != expectedRevision)
        {
            throw new DomainError(ErrorKind.Stale, "policy.changed",
                $"The policy is at revision {Current.Revision}, not {expectedRevision}. Read it again and repeat the change.").ToException();
        }
    }
}

/// <summary>When a policy was deleted, UTC, and by whom.</summary>
public sealed record PolicyDeletion(DateTimeOffset At, string By);

/// <summary>A deleted policy, and until when it can be recovered, UTC.</summary>
public sealed record DeletedPolicy(Policy Policy, DateTimeOffset RecoverableUntil);
