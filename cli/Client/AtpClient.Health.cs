namespace Atp.Cli.Client;

public sealed partial class AtpClient
{
    /// <exception cref="ProblemException">It would fail on some devices, and that isn't acknowledged: with the preview.</exception>
    public Task<DeploymentAnswer> DeployAsync(
        string policyId, IReadOnlyList<string> collectionIds, CancellationToken ct, bool acknowledgeFailures = false) =>
        PostAsync<DeploymentAnswer>("/api/deployments", new { policyId, collectionIds, acknowledgeFailures }, ct);

    /// <summary>What <see cref="DeployAsync"/> would come to.</summary>
    public Task<DeploymentPreviewAnswer> PreviewDeploymentAsync(string policyId, IReadOnlyList<string> collectionIds, CancellationToken ct) =>
        PostAsync<DeploymentPreviewAnswer>("/api/deployments/preview", new { policyId, collectionIds }, ct);

    public IAsyncEnumerable<DeploymentSummary> ListDeploymentsAsync(CancellationToken ct) =>
        ListAsync<DeploymentSummary>("/api/deployments", ct);

    public Task<DeploymentAnswer> GetDeploymentAsync(string id, CancellationToken ct) =>
        GetAsync<DeploymentAnswer>($"/api/deployments/{Uri.EscapeDataString(id)}", ct);

    /// <summary>It targets nobody any more; devices keep what was applied.</summary>
    public Task<DeploymentAnswer> EndDeploymentAsync(string id, string reason, CancellationToken ct) =>
        PostAsync<DeploymentAnswer>($"/api/deployments/{Uri.EscapeDataString(id)}/end", new { reason }, ct);

    /// <summary>One scope's figures by hour, oldest first; 400 days at most.</summary>
    public IAsyncEnumerable<ScopeAnswer> ListHistoryAsync(string? scope, string? from, string? to, int pageSize, CancellationToken ct) =>
        ListAsync<ScopeAnswer>(Query("/api/health/history", [("scope", scope), ("from", from), ("to", to)], pageSize), ct);

    /// <summary>The prerequisites.</summary>
    public Task<SiteAnswer> GetSiteAsync(CancellationToken ct) => GetAsync<SiteAnswer>("/api/site", ct);

    /// <exception cref="ProblemException">The last rotation is too fresh; or devices are still on the key before, and it isn't forced.</exception>
    public Task<EnrollmentKeysAnswer> RotateEnrollmentKeysAsync(bool force, CancellationToken ct) =>
        PostAsync<EnrollmentKeysAnswer>("/api/site/enrollment-keys/rotate", new { force }, ct);

    /// <exception cref="ProblemException">Devices are still on it, and it isn't forced.</exception>
    public Task<EnrollmentKeysAnswer> RetireOldEnrollmentKeyAsync(bool force, CancellationToken ct) =>
        PostAsync<EnrollmentKeysAnswer>("/api/site/enrollment-keys/retire-old", new { force }, ct);

    /// <param name="scopeKind"><c>platform</c>, <c>os</c>, <c>collection</c>, <c>deployment</c>, <c>organisation</c>, or null for all.</param>
    /// <param name="ct">Cancels.</param>
    public Task<HealthSummaryAnswer> GetHealthAsync(string? scopeKind, CancellationToken ct) => GetAsync<HealthSummaryAnswer>(
        scopeKind is null ? "/api/health/summary" : $"/api/health/summary?scopeKind={Uri.EscapeDataString(scopeKind)}", ct);

    /// <summary>Starts a roll-up and follows it to its end.</summary>
    /// <exception cref="CommandException">When it wasn't complete within the time, or was given up.</exception>
    public async Task<RollUpAnswer> RollUpAsync(Action<RollUpAnswer> progress, TimeSpan within, CancellationToken ct)
    {
        var rollUp = await PostAsync<RollUpAnswer>("/api/health/rollup", new { }, ct);
        return await Waiting.UntilAsync(
            async () => rollUp = await GetAsync<RollUpAnswer>($"/api/health/rollups/{rollUp.Id}", ct),
            answer =>
            {
                progress(answer);
                return answer.State == "Abandoned"
                    ? throw new CommandException($"Roll-up {answer.Id} was given up: {answer.ShardsDone} shards were done.")
                    : answer.State == "Completed";
            },
            answer => $"roll-up {answer.Id}, {answer.ShardsDone} shards done", within, ct);
    }

    /// <summary>Follows a deployment until every member is placed.</summary>
    /// <exception cref="CommandException">When that didn't happen within the time.</exception>
    public Task<DeploymentAnswer> WaitUntilPlacedAsync(
        string id, Action<DeploymentAnswer> progress, TimeSpan within, CancellationToken ct) => Waiting.UntilAsync(
        () => GetDeploymentAsync(id, ct),
        answer =>
        {
            progress(answer);
            return answer.State != "Placing";
        },
        answer => $"deployment {id}, {answer.Progress?.ShardsDone} of {answer.Progress?.Shards} shards", within, ct);

    /// <summary>Follows a collection until its rules were applied to every device.</summary>
    /// <exception cref="CommandException">When that didn't happen within the time.</exception>
    public Task<CollectionAnswer> WaitUntilEvaluatedAsync(
        string id, Action<CollectionAnswer> progress, TimeSpan within, CancellationToken ct) => Waiting.UntilAsync(
        () => GetCollectionAsync(id, ct),
        answer =>
        {
            progress(answer);
            return answer.Evaluation is null || answer.Evaluation.ShardsDone >= answer.Evaluation.Shards;
        },
        answer => $"collection {id}, {answer.Evaluation?.ShardsDone} of {answer.Evaluation?.Shards} shards", within, ct);
}
