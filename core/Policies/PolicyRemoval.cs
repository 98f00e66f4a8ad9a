using Atp.Core.Audit;
using Atp.Core.Errors;
using Atp.Core.Requests;
using Atp.Core.Secrets;
using Atp.Core.Site;
using Microsoft.Extensions.Options;

namespace Atp.Core.Policies;

/// <summary>How policies go: deleted, recovered while they are kept, removed for good after that.</summary>
public sealed class PolicyRemoval(
    PolicyTable table, PolicyFiles files, SecretStore secrets, PolicyMaterial material, SiteSnapshots snapshots, AuditTrail audit,
    IOptions<SiteOptions> options, TimeProvider clock)
{
    /// <summary>
    /// Takes a policy out of every list and decision, and soft-deletes its key; rows and files stay, so that it can be recovered
    /// as it was until <c>Reconcile</c> removes it. That also finishes what stops half way here.
    /// </summary>
    /// <exception cref="DomainException">Not found; stale; conflict while a deployment of it is in force.</exception>
    public async Task DeleteAsync(string id, int expectedRevision, ChangeRequest request, CancellationToken ct)
    {
        var stored = await table.GetInUseAsync(id, ct);
        stored.Value.MustBeAt(expectedRevision);
        var site = await snapshots.ReadAsync(ct);
        if (site.Deployments.FirstOrDefault(d => d.PolicyId == id) is { } deployment)
        {
            throw DomainError.Conflict("policy.deployed", $"Deployment {deployment.Id} of this policy is in force. End it first.").ToException();
        }

        await audit.ChangeAsync(request.Caller, "policy.delete", id, async () =>
        {
            var deletion = new PolicyDeletion(clock.GetUtcNow(), request.Caller.DisplayName);
            await table.UpdateAsync(stored.Value with { Deletion = deletion }, stored.Version, ct);
            snapshots.Invalidate();
            files.Forget(id);
            await DeleteKeyAsync(id, ct);
            await material.ClearAlarmsAsync(id, ct);
            return $"revision {expectedRevision}";
        }, ct);
    }

    /// <summary>Brings a deleted policy back as it was, at the end of the order. One that is in use stays as it is.</summary>
    /// <param name="id">The policy.</param>
    /// <param name="expectedRevision">The revision that was looked at.</param>
    /// <param name="request">Who asks.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DomainException">Not found, or past recovery; stale.</exception>
    public async Task<Policy> RecoverAsync(string id, int expectedRevision, ChangeRequest request, CancellationToken ct)
    {
        var all = await table.ListStoredAsync(ct).ToListAsync(ct);
        var stored = all.FirstOrDefault(p => p.Value.Id == id && (p.Value.InUse || RecoverableUntil(p.Value) is not null))
            ?? throw PolicyTable.NotFound.ToException();
        stored.Value.MustBeAt(expectedRevision);
        return await audit.ChangeAsync(request.Caller, "policy.recover", id, async () =>
        {
            var policy = stored.Value;
            if (!policy.InUse)
            {
                policy = policy with { Deletion = null, Order = PolicyOrder.End(all.Select(p => p.Value)) };
                await table.UpdateAsync(policy, stored.Version, ct);
                snapshots.Invalidate();
            }

            // After the row, so that a delete of the key that is still under way sees that it must be undone. No deployment is in
            // force: until the key is back nobody misses it, and a repeat brings it back.
            await secrets.RecoverAsync(PolicyMaterial.SecretName(id), ct);
            await material.VerifyAsync(policy, null, ct);
            return (policy, $"revision {expectedRevision}, order {policy.Order}");
        }, ct);
    }

    /// <summary>Deleted policies that can be recovered, the last deleted first.</summary>
    public async Task<IReadOnlyList<DeletedPolicy>> ListDeletedAsync(CancellationToken ct)
    {
        var all = new List<DeletedPolicy>();
        await foreach (var policy in table.ListAsync(ct))
        {
            if (RecoverableUntil(policy) is { } until)
            {
                all.Add(new DeletedPolicy(policy, until));
            }
        }

        return [.. all.OrderByDescending(p => p.RecoverableUntil).ThenBy(p => p.Policy.Id, StringComparer.Ordinal)];
    }

    /// <summary>
    /// For <c>Reconcile</c>: finishes deletes, removes policies that are past recovery, and files and keys that no policy names and
    /// that are old enough.
    /// </summary>
    public async Task DeleteOrphansAsync(DateTimeOffset writtenBefore, CancellationToken ct)
    {
        var known = new Dictionary<string, HashSet<string>>();
        await foreach (var stored in table.ListStoredAsync(ct))
        {
            var policy = stored.Value;
            if (!policy.InUse && RecoverableUntil(policy) is null)
            {
                await RemoveAsync(stored, ct);
                continue;
            }

            if (!policy.InUse)
            {
                await DeleteKeyAsync(policy.Id, ct);
            }

            var hashes = known[policy.Id] = [];
            await foreach (var revision in table.RevisionsAsync(policy.Id, ct))
            {
                hashes.Add(revision.ConfigurationFile.Sha256);
            }
        }

        await foreach (var file in files.ListAsync(ct))
        {
            if (file.WrittenAt < writtenBefore && !(known.TryGetValue(file.PolicyId, out var hashes) && hashes.Contains(file.Sha256)))
            {
                await files.DeleteAsync(file.PolicyId, file.Sha256, ct);
                if (!known.ContainsKey(file.PolicyId))
                {
                    // Its secret was written after the file, its revision after that.
                    await secrets.DeleteAsync(PolicyMaterial.SecretName(file.PolicyId), ct);
                    await table.RemoveRevisionsAsync(file.PolicyId, ct);
                }
            }
        }
    }

    /// <summary>Null when it is not deleted, or past recovery.</summary>
    private DateTimeOffset? RecoverableUntil(Policy policy) => policy is { Deletion: { } deletion, Deleting: false }
        && deletion.At.AddDays(options.Value.KeepDeletedDays) is var until && until > clock.GetUtcNow()
            ? until
            : null;

    /// <summary>Marks first, so that nobody recovers what is half gone, removes file, key and revisions, and takes the row last.</summary>
    private async Task RemoveAsync(StoredPolicy stored, CancellationToken ct)
    {
        var id = stored.Value.Id;
        if (!stored.Value.Deleting)
        {
            await table.UpdateAsync(stored.Value with { Deleting = true }, stored.Version, ct);
        }

        await files.DeleteAllAsync(id, ct);
        await secrets.DeleteAsync(PolicyMaterial.SecretName(id), ct);
        await table.RemoveRevisionsAsync(id, ct);
        await table.RemoveAsync(id, ct);
    }

    /// <summary>Of a deleted policy. When somebody recovers the policy at the same moment, the key is brought back.</summary>
    private async Task DeleteKeyAsync(string id, CancellationToken ct)
    {
        await secrets.DeleteAsync(PolicyMaterial.SecretName(id), ct);
        if (await table.FindAsync(id, ct) is { Value.InUse: true })
        {
            await secrets.RecoverAsync(PolicyMaterial.SecretName(id), ct);
        }
    }
}
