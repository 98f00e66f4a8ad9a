using Atp.Core.Policies;

namespace Atp.Functions.Policies;

/// <summary>A workspace as it may be told: never its key.</summary>
public sealed record WorkspaceSummary(string Id, bool KeySet);

/// <summary>A policy as administrators see it: never its file or key.</summary>
/// <param name="Warnings">Those of the revision, and one when an offboarding file has a week or less left.</param>
public sealed record PolicyAnswer(
    string Id, int Order, int Revision, string Name, string Description, PolicyKind Kind, ConfigurationFileFacts ConfigurationFile,
    WorkspaceSummary? Workspace, FileSamples FileSamples, IReadOnlyList<string> Warnings, int? DaysLeft, DateTimeOffset CreatedAt, string CreatedBy)
{
    /// <summary>Absent while it is in use.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    public string? DeletedBy { get; init; }

    /// <summary>From then on it is gone, with its file and key.</summary>
    public DateTimeOffset? RecoverableUntil { get; init; }

    public static PolicyAnswer Of(DeletedPolicy deleted, DateTimeOffset now) => Of(deleted.Policy, now) with
    {
        DeletedAt = deleted.Policy.Deletion?.At,
        DeletedBy = deleted.Policy.Deletion?.By,
        RecoverableUntil = deleted.RecoverableUntil,
    };

    public static PolicyAnswer Of(Policy policy, DateTimeOffset now)
    {
        var revision = PolicyRevisionAnswer.Of(policy.Current, now);
        return new PolicyAnswer(policy.Id, policy.Order, revision.Revision, revision.Name, revision.Description, revision.Kind,
            revision.ConfigurationFile, revision.Workspace, revision.FileSamples,
            policy.Current.ConfigurationFile.ExpiryWarning(now) is { } expiry ? [.. revision.Warnings, expiry] : revision.Warnings,
            revision.DaysLeft, revision.CreatedAt, revision.CreatedBy);
    }
}

/// <summary>One revision of a policy as administrators see it.</summary>
/// <param name="DaysLeft">Whole days until an offboarding file expires; 0 when it has. Absent for onboarding files.</param>
public sealed record PolicyRevisionAnswer(
    int Revision, string Name, string Description, PolicyKind Kind, ConfigurationFileFacts ConfigurationFile, WorkspaceSummary? Workspace,
    FileSamples FileSamples, IReadOnlyList<string> Warnings, int? DaysLeft, DateTimeOffset CreatedAt, string CreatedBy)
{
    public static PolicyRevisionAnswer Of(PolicyRevision revision, DateTimeOffset now) => new(
        revision.Revision, revision.Name, revision.Description, revision.Kind, revision.ConfigurationFile,
        revision.Workspace is { } workspace ? new WorkspaceSummary(workspace.Id, KeySet: true) : null,
        revision.FileSamples, revision.Warnings,
        revision.ConfigurationFile.DaysLeft(now), revision.CreatedAt, revision.CreatedBy);
}
