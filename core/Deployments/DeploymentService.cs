using Atp.Core.Audit;
using Atp.Core.Devices;
using Atp.Core.Errors;
using Atp.Core.Health;
using Atp.Core.Policies;
using Atp.Core.Requests;
using Atp.Core.Site;
using Atp.Core.Storage;

namespace Atp.Core.Deployments;

/// <summary>Deploys a policy to collections.</summary>
/// <param name="PolicyId">The policy.</param>
/// <param name="CollectionIds">One or more collections, twenty at most.</param>
/// <param name="AcknowledgeFailures">Deploys although the preview says that it would fail on some devices.</param>
public sealed record CreateDeployment(string PolicyId, IReadOnlyList<string> CollectionIds, bool AcknowledgeFailures = false);

/// <summary>Ends a deployment: it targets nobody any more; devices keep what was applied.</summary>
public sealed record EndDeployment(string Reason);

public enum DeploymentState
{
    /// <summary>The fan-out is under way.</summary>
    Placing,

    /// <summary>Every member was placed.</summary>
    Active,
    Ended,
}

/// <summary>A deployment with how far its fan-out is, and its statuses as of the last roll-up that counted it.</summary>
/// <param name="Policy">The policy; null once it is deleted.</param>
/// <param name="CollectionNames">In the order of the deployment's collections; the id of one that is gone.</param>
/// <param name="Warnings">What an administrator should know while it is in force.</param>
public sealed record DeploymentProgress(
    Deployment Deployment, Policy? Policy, IReadOnlyList<string> CollectionNames, DeploymentState State, int Shards, int ShardsDone,
    PlacedDevices Placed, DeploymentFigures? Statuses, IReadOnlyList<string> Warnings)
{
    /// <summary>A deleted policy's as the last roll-up saw it; null when none did.</summary>
    public string? PolicyName => Policy?.Current.Name ?? Statuses?.PolicyName;
}

/// <summary>What administrators do with deployments.</summary>
public sealed class DeploymentService(
    DeploymentTable deployments, DeploymentShardTable shardRows, HealthTable health, SiteSnapshots snapshots, DeploymentPreviews previews,
    PolicyService policies, ShardMap shards, MessageSender messages, AuditTrail audit, TimeProvider clock)
{
    public const int MaxCollections = 20;

    /// <summary>How long a crash may keep the end of a deployment from being audited.</summary>
    private static readonly TimeSpan AuditedWithin = TimeSpan.FromDays(1);

    /// <summary>Writes the row, then sends the message that starts the fan-out.</summary>
    /// <exception cref="DomainException">
    /// Invalid: no such policy or collection. Conflict: the policy's file has expired, or it would fail on some devices and that
    /// isn't acknowledged; the error then carries the <see cref="DeploymentPreview"/>.
    /// </exception>
    public async Task<DeploymentProgress> CreateAsync(CreateDeployment command, ChangeRequest request, CancellationToken ct)
    {
        var id = request.NewId(clock);
        if (request.RepeatabilityId is not null && await deployments.FindAsync(id, ct) is { } first)
        {
            request.MustRepeat(first.RequestBody);
            return await StartAsync(first.Value, request, ct);
        }

        var site = await snapshots.ReadAsync(ct);
        Validate(command, site);
        MustNotHaveExpired(site.Policies[command.PolicyId].Current.ConfigurationFile, clock.GetUtcNow());
        if (!command.AcknowledgeFailures)
        {
            MustNotFail(await previews.PreviewAsync(command, site, ct));
        }

        var deployment = new Deployment
        {
            Id = id,
            PolicyId = command.PolicyId,
            CollectionIds = [.. command.CollectionIds.Distinct().Order(StringComparer.Ordinal)],
            CreatedAt = clock.GetUtcNow(),
            CreatedBy = request.Caller.DisplayName,
        };
        return await StartAsync(deployment, request, ct);
    }

    /// <exception cref="DomainException">Not found.</exception>
    public async Task<DeploymentProgress> GetAsync(string id, CancellationToken ct) =>
        await ProgressAsync((await FindAsync(id, ct)).Value, ct);

    /// <summary>Newest first.</summary>
    /// <param name="ended">Those that have ended, or those that have not; null for all.</param>
    /// <param name="policyId">Those of this policy; null for all.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyList<Deployment>> ListAsync(bool? ended, string? policyId, CancellationToken ct)
    {
        var all = await (ended == false ? deployments.ListLiveAsync(ct) : deployments.ListAsync(ct))
            .Where(d => (ended is null || d.EndedAt is not null == ended) && (policyId is null || d.PolicyId == policyId)).ToListAsync(ct);
        return [.. all.OrderByDescending(d => d.CreatedAt).ThenByDescending(d => d.Id, StringComparer.Ordinal)];
    }

    /// <summary>Deployments with how far they are, at a transaction each and a few for all of them.</summary>
    public async Task<IReadOnlyList<DeploymentProgress>> ProgressAsync(IReadOnlyList<Deployment> page, CancellationToken ct)
    {
        var site = await snapshots.GetAsync(ct);
        var statuses = await health.DeploymentsAsync(ct).ToDictionaryAsync(f => f.DeploymentId, cancellationToken: ct);
        return await page.AskAsync(async (deployment, stop) => Progress(
            deployment, await shardRows.DoneAsync(deployment.Id, deployment.Generation, stop), statuses.GetValueOrDefault(deployment.Id), site), ct);
    }

    /// <summary>Ends a deployment; one that has ended stays as it is.</summary>
    /// <exception cref="DomainException">Not found; invalid: no reason.</exception>
    public Task<DeploymentProgress> EndAsync(string id, EndDeployment command, ChangeRequest request, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(command.Reason) || command.Reason.Length > 256)
        {
            throw DomainError.Field("reason", "deployment.reason-invalid", "Say why it ends, in 1 to 256 characters.").ToException();
        }

        return Contention.RetryAsync(async () =>
        {
            var stored = await FindAsync(id, ct);
            if (stored.Value.EndedAt is null)
            {
                var reason = command.Reason.Trim();
                await audit.ChangeAsync(request.Caller, "deployment.end", id, async () =>
                {
                    await EndAsync(stored, reason, request.Caller, ct);
                    return reason;
                }, ct);
            }

            return await GetAsync(id, ct);
        }, ct);
    }

    /// <summary>
    /// For the <c>Reconcile</c> timer: ends the deployments that outlive their policy's offboarding file, since devices refuse it.
    /// What a crash kept from being audited is audited by the next run.
    /// </summary>
    public async Task EndExpiredAsync(CancellationToken ct)
    {
        var site = await snapshots.ReadAsync(ct);
        foreach (var deployment in site.Deployments
            .Where(d => site.Policies[d.PolicyId].Current.ConfigurationFile.ExpiresAt <= clock.GetUtcNow()))
        {
            await Contention.RetryAsync(async () =>
            {
                var stored = await FindAsync(deployment.Id, ct);
                // Read last, so that a policy that was given a new file meanwhile keeps its deployment.
                var file = (await policies.GetAsync(deployment.PolicyId, ct)).Current.ConfigurationFile;
                if (stored.Value.EndedAt is null && file.ExpiresAt <= clock.GetUtcNow())
                {
                    await EndAsync(stored, $"The policy's offboarding file expired on {file.ExpiresAt:yyyy-MM-dd}.", Caller.Service, ct);
                }
            }, ct);
        }

        await foreach (var ended in deployments.ListEndedAsync(clock.GetUtcNow() - AuditedWithin, ct))
        {
            if (ended.EndedBy == Caller.Service.DisplayName)
            {
                await audit.RecordOnceAsync(
                    Caller.Service, "deployment.end", ended.Id, ended.EndReason!, $"{ended.Id}!ended", ended.EndedAt!.Value, ct);
            }
        }
    }

    /// <summary>What create and preview refuse alike.</summary>
    /// <exception cref="DomainException">Invalid, by field.</exception>
    internal static void Validate(CreateDeployment command, SiteSnapshot site)
    {
        var errors = new FieldErrors();
        if (!site.Policies.ContainsKey(command.PolicyId))
        {
            errors.Add("policyId", "policy.not-found", $"There is no policy {FieldErrors.Quoted(command.PolicyId)}.");
        }

        if (command.CollectionIds.Count is 0 or > MaxCollections)
        {
            errors.Add("collectionIds", "deployment.collections-count", $"Name 1 to {MaxCollections} collections.");
        }

        foreach (var unknown in command.CollectionIds.Where(id => id is null || !site.Collections.ContainsKey(id)).Take(MaxCollections))
        {
            errors.Add("collectionIds", "collection.not-found", $"There is no collection {FieldErrors.Quoted(unknown)}.");
        }

        errors.ThrowIfAny();
    }

    private static void MustNotHaveExpired(ConfigurationFileFacts file, DateTimeOffset now)
    {
        if (file.ExpiresAt <= now)
        {
            throw DomainError.Conflict("policy.expired", $"The policy's offboarding file expired on {file.ExpiresAt:yyyy-MM-dd}. "
                + "Download a new one, update the policy, then deploy it.").ToException();
        }
    }

    private static void MustNotFail(DeploymentPreview preview)
    {
        if (preview.WouldFail.Devices > 0)
        {
            throw new DomainError(ErrorKind.Conflict, "deployment.would-fail",
                $"The policy would fail on {preview.WouldFail.Devices} of {preview.Devices} devices; the preview says why. "
                + "Mend that, or send \"acknowledgeFailures\": true to deploy all the same.")
            {
                Extensions = new Dictionary<string, object> { ["preview"] = preview },
            }.ToException();
        }
    }

    /// <summary>Row, then message; both again if this is a repeat: the message may never have been sent.</summary>
    private Task<DeploymentProgress> StartAsync(Deployment deployment, ChangeRequest request, CancellationToken ct) =>
        audit.ChangeAsync(request.Caller, "deployment.create", deployment.Id, async () =>
        {
            var stored = deployment;
            if (!await deployments.TryAddAsync(deployment, request.BodySha256, ct))
            {
                var first = (await deployments.FindAsync(deployment.Id, ct))!;
                request.MustRepeat(first.RequestBody);
                stored = first.Value;
            }

            snapshots.Invalidate();
            var progress = await ProgressAsync(stored, ct);
            if (progress.State == DeploymentState.Placing)
            {
                await messages.SendAsync(Queues.DeploymentFanOut, new FanOutDeployment(stored.Id, stored.Generation), ct);
            }

            return (progress, $"policy {stored.PolicyId}");
        }, ct);

    private async Task EndAsync(StoredDeployment stored, string reason, Caller caller, CancellationToken ct)
    {
        var ended = stored.Value with
        {
            Revision = stored.Value.Revision + 1,
            EndedAt = clock.GetUtcNow(),
            EndReason = reason,
            EndedBy = caller.DisplayName,
        };
        await deployments.UpdateAsync(ended, stored.Version, ct);
        snapshots.Invalidate();
    }

    private async Task<StoredDeployment> FindAsync(string id, CancellationToken ct) => await deployments.FindAsync(id, ct)
        ?? throw DomainError.NotFound("deployment.not-found", "There is no such deployment.").ToException();

    private async Task<DeploymentProgress> ProgressAsync(Deployment deployment, CancellationToken ct)
    {
        var statuses = health.FindDeploymentAsync(deployment.Id, ct);
        var done = await shardRows.DoneAsync(deployment.Id, deployment.Generation, ct);
        return Progress(deployment, done, await statuses, await snapshots.GetAsync(ct));
    }

    private DeploymentProgress Progress(
        Deployment deployment, IReadOnlyDictionary<string, PlacedDevices> done, DeploymentFigures? statuses, SiteSnapshot site)
    {
        var state = deployment.EndedAt is not null ? DeploymentState.Ended
            : done.Count < shards.All.Count ? DeploymentState.Placing
            : DeploymentState.Active;
        var policy = site.Policies.GetValueOrDefault(deployment.PolicyId);
        var warning = state == DeploymentState.Ended ? null : policy?.Current.ConfigurationFile.ExpiryWarning(clock.GetUtcNow());
        return new DeploymentProgress(deployment, policy,
            [.. deployment.CollectionIds.Select(id => site.Collections.GetValueOrDefault(id)?.Name ?? id)],
            state, shards.All.Count, done.Count, done.Values.Aggregate(PlacedDevices.None, PlacedDevices.Add), statuses,
            warning is null ? [] : [warning]);
    }
}
