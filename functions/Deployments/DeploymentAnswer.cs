using Atp.Core.Deployments;
using Atp.Core.Policies;

namespace Atp.Functions.Deployments;

/// <summary>A deployment in a list.</summary>
public sealed record DeploymentSummary(
    string Id, int Revision, string PolicyId, IReadOnlyList<string> CollectionIds, DateTimeOffset CreatedAt, string CreatedBy,
    DateTimeOffset? EndedAt, string? EndReason, string? EndedBy)
{
    public static DeploymentSummary Of(Deployment deployment) => new(deployment.Id, deployment.Revision, deployment.PolicyId,
        deployment.CollectionIds, deployment.CreatedAt, deployment.CreatedBy, deployment.EndedAt, deployment.EndReason, deployment.EndedBy);
}

/// <summary>How far the fan-out is, and what it placed.</summary>
public sealed record FanOutAnswer(int Shards, int ShardsDone, int Devices, int UpLevel, int DownLevel, int InError, int NotSupported);

/// <summary>How many targets stand where, as of the last roll-up that counted the deployment.</summary>
public sealed record StatusesAnswer(
    DateTimeOffset AsOf, int Success, int Error, int RequirementsNotMet, int InProgress, int Unknown, int Superseded);

/// <summary>One deployment.</summary>
/// <param name="PolicyName">As it is now; a deleted policy's as the last roll-up saw it, absent when none did.</param>
/// <param name="PolicyKind">Absent once the policy is deleted.</param>
/// <param name="CollectionNames">In the order of the ids; the id itself where the collection is gone.</param>
/// <param name="Warnings">One when the policy's offboarding file has a week or less left.</param>
public sealed record DeploymentAnswer(
    string Id, int Revision, string PolicyId, string? PolicyName, PolicyKind? PolicyKind, IReadOnlyList<string> CollectionIds,
    IReadOnlyList<string> CollectionNames, DeploymentState State, FanOutAnswer Progress,
    StatusesAnswer? Statuses, IReadOnlyList<string> Warnings, DateTimeOffset CreatedAt, string CreatedBy, DateTimeOffset? EndedAt,
    string? EndReason, string? EndedBy)
{
    public static DeploymentAnswer Of(DeploymentProgress progress)
    {
        var (deployment, placed) = (progress.Deployment, progress.Placed);
        return new DeploymentAnswer(
            deployment.Id, deployment.Revision, deployment.PolicyId, progress.PolicyName, progress.Policy?.Current.Kind,
            deployment.CollectionIds, progress.CollectionNames, progress.State,
            new FanOutAnswer(progress.Shards, progress.ShardsDone, placed.Devices, placed.UpLevel, placed.DownLevel, placed.InError, placed.NotSupported),
            progress.Statuses is { Statuses: var s } figures
                ? new StatusesAnswer(figures.AsOf, s.Success, s.Error, s.RequirementsNotMet, s.InProgress, s.Unknown, s.Superseded)
                : null,
            progress.Warnings, deployment.CreatedAt, deployment.CreatedBy, deployment.EndedAt, deployment.EndReason, deployment.EndedBy);
    }
}
