using Atp.Core.Audit;
using Atp.Core.Errors;
using Atp.Core.Requests;
using Atp.Core.Secrets;
using Atp.Core.Site;
using Atp.Core.Storage;
using Microsoft.Extensions.Options;

namespace Atp.Core.Policies;

/// <summary>
/// What administrators do with policies. The file goes to Blob storage and the key to Key Vault before the rows: the policy row
/// is the commit point, and what a crash leaves before it is an orphan that <c>Reconcile</c> deletes after a day.
/// </summary>
public sealed class PolicyService(
    PolicyTable table, PolicyFiles files, SecretStore secrets, SignatureVerifier verifier, SiteSnapshots snapshots,
    SiteSettings settings, PolicyAlarms alarms, AuditTrail audit, IOptions<SiteOptions> options, TimeProvider clock)
{
    public const string SecretPrefix = "policy-";
    public const string SecretSuffix = "-workspace-key";

    public static string SecretName(string policyId) => $"{SecretPrefix}{policyId}{SecretSuffix}";

    /// <exception cref="DomainException">Invalid, by field; nothing is stored then.</exception>
    public async Task<Policy> CreateAsync(CreatePolicy command, ChangeRequest request, CancellationToken ct)
    {
        var id = request.NewId(clock);
        var all = await table.ListStoredAsync(ct).ToListAsync(ct);
        if (all.FirstOrDefault(p => p.Value.Id == id) is { } first)
        {
            return await FirstAnswerAsync(first, request, ct);
        }

        var now = clock.GetUtcNow();
        var errors = new FieldErrors();
        var name = PolicyRules.CheckName(command.Name, errors);
        var description = PolicyRules.CheckDescription(command.Description, errors);
        var workspace = WorkspaceRule.Check(command.WorkspaceId, command.WorkspaceKey, errors);
        if (command.Kind is null)
        {
            errors.Add("kind", "policy.kind-missing", "Say whether it is an Onboarding or an Offboarding policy.");
        }

        if (command.ConfigurationFile is null)
        {
            errors.Add(PackageReader.Field, "configuration-file.missing", "Upload the configuration file or its .zip package.");
        }

        errors.ThrowIfAny();
        var (file, content) = ReadFile(command.ConfigurationFile!, command.Kind!.Value, now);

        return await audit.ChangeAsync(request.Caller, "policy.create", id, async () =>
        {
            await files.PutAsync(id, file.Facts.Sha256, content, ct);
            var keyVersion = workspace is null ? null : await secrets.SetAsync(SecretName(id), command.WorkspaceKey!, ct);
            var policy = new Policy
            {
                Id = id,
                Order = EndOfOrder(all),
                Current = new PolicyRevision
                {
                    Revision = 1,
                    Name = name,
                    Description = description,
                    Kind = file.Kind,
                    ConfigurationFile = file.Facts,
                    Workspace = workspace is { } w ? new Workspace(w.Id, keyVersion!) : null,
                    FileSamples = command.FileSamples ?? FileSamples.AllFileTypes,
                    Warnings = Warnings(file.Warnings, workspace?.Warning),
                    CreatedAt = now,
                    CreatedBy = request.Caller.DisplayName,
                },
            };
            await table.PutRevisionAsync(id, policy.Current, ct);
            if (!await table.TryAddAsync(policy, request.BodySha256, ct))
            {
                policy = await FirstAnswerAsync((await table.FindAsync(id, ct))!, request, ct);
            }

            snapshots.Invalidate();
            return (policy, "revision 1");
        }, ct);
    }

    /// <exception cref="DomainException">Not found.</exception>
    public async Task<Policy> GetAsync(string id, CancellationToken ct) => (await FindAsync(id, ct)).Value;

    /// <summary>All policies, best order first.</summary>
    public async Task<IReadOnlyList<Policy>> ListAsync(CancellationToken ct)
    {
        var all = new List<Policy>();
        await foreach (var policy in table.ListAsync(ct))
        {
            if (policy.InUse)
            {
                all.Add(policy);
            }
        }

        return PolicyOrder.Sorted(all);
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

    /// <param name="id">The policy.</param>
    /// <param name="edit">What changes.</param>
    /// <param name="expectedRevision">The revision that the edit was made from.</param>
    /// <param name="request">Who asks.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DomainException">Not found; stale; invalid, by field.</exception>
    public async Task<Policy> UpdateAsync(string id, EditPolicy edit, int expectedRevision, ChangeRequest request, CancellationToken ct)
    {
        var stored = await FindAsync(id, ct);
        MustBe(stored.Value, expectedRevision);
        var now = clock.GetUtcNow();
        var before = stored.Value.Current;
        var errors = new FieldErrors();
        var name = edit.Name is null ? before.Name : PolicyRules.CheckName(edit.Name, errors);
        var description = edit.Description is null ? before.Description : PolicyRules.CheckDescription(edit.Description, errors);
        PolicyRules.CheckAllThree(edit, before.Workspace is not null, settings.ConfigurationManagerVersion, errors);
        if (edit.Order < 1)
        {
            errors.Add("order", "policy.order-invalid", "The order is 1 or more; the lowest number wins.");
        }

        if (edit.RemoveWorkspace && (edit.WorkspaceId is not null || edit.WorkspaceKey is not null))
        {
            errors.Add("removeWorkspace", "workspace.remove-and-set", "Either remove the workspace or set it.");
        }

        // From 2010 what isn't sent is kept; the other half of the pair counts as given.
        var workspaceId = edit.WorkspaceId ?? before.Workspace?.Id;
        var key = edit.WorkspaceKey;
        if (key is null && edit.WorkspaceId is not null && before.Workspace is not null)
        {
            key = await WorkspaceKeyAsync(id, before.Workspace, ct);
        }

        var changesWorkspace = edit.WorkspaceId is not null || edit.WorkspaceKey is not null;
        var checkedWorkspace = changesWorkspace ? WorkspaceRule.Check(workspaceId, key, errors) : null;
        errors.ThrowIfAny();

        var file = edit.ConfigurationFile is null ? default : ReadFile(edit.ConfigurationFile, before.Kind, now);
        return await audit.ChangeAsync(request.Caller, "policy.update", id, async () =>
        {
            if (file.Content is not null)
            {
                await files.PutAsync(id, file.File.Facts.Sha256, file.Content, ct);
            }

            var workspace = edit.RemoveWorkspace ? null : before.Workspace;
            if (checkedWorkspace is { } changed)
            {
                workspace = new Workspace(changed.Id, edit.WorkspaceKey is null
                    ? before.Workspace!.KeyVersion
                    : await secrets.SetAsync(SecretName(id), edit.WorkspaceKey, ct));
            }

            var policy = stored.Value with
            {
                Order = edit.Order ?? stored.Value.Order,
                Current = before with
                {
                    Revision = before.Revision + 1,
                    Name = name,
                    Description = description,
                    ConfigurationFile = file.File?.Facts ?? before.ConfigurationFile,
                    Workspace = workspace,
                    FileSamples = edit.FileSamples ?? before.FileSamples,
                    Warnings = file.File is null && !changesWorkspace ? before.Warnings : Warnings(file.File?.Warnings ?? [], checkedWorkspace?.Warning),
                    CreatedAt = now,
                    CreatedBy = request.Caller.DisplayName,
                },
            };
            await table.PutRevisionAsync(id, policy.Current, ct);
            await table.UpdateAsync(policy, stored.Version, ct);
            snapshots.Invalidate();
            if (file.Content is not null)
            {
                await alarms.ClearAsync(id, PolicyPart.ConfigurationFile, ct);
            }

            if (edit.WorkspaceKey is not null || workspace is null)
            {
                await alarms.ClearAsync(id, PolicyPart.WorkspaceKey, ct);
            }

            return (policy, $"revision {policy.Current.Revision}");
        }, ct);
    }

    /// <summary>
    /// Moves a policy one place in the order. It makes no revision: no device has to apply anything again, only who holds it changes.
    /// </summary>
    /// <param name="id">The policy.</param>
    /// <param name="move">Which way.</param>
    /// <param name="expectedRevision">The revision that was looked at.</param>
    /// <param name="request">Who asks.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DomainException">Not found; stale; conflict: it is the first or last already.</exception>
    public async Task<Policy> MoveAsync(string id, OrderMove move, int expectedRevision, ChangeRequest request, CancellationToken ct)
    {
        var all = await table.ListStoredAsync(ct).Where(p => p.Value.InUse).ToDictionaryAsync(p => p.Value.Id, cancellationToken: ct);
        var mark = new RequestMark(request.NewId(clock), request.BodySha256);
        if (all.TryGetValue(id, out var stored))
        {
            if (stored.LastMove?.Id == mark.Id)
            {
                request.MustRepeat(stored.LastMove.BodySha256);
                return stored.Value;
            }

            MustBe(stored.Value, expectedRevision);
        }

        var exchange = PolicyOrder.Move(all.Values.Select(p => p.Value), id, move);
        await audit.ChangeAsync(request.Caller, "policy.move", id, async () =>
        {
            await table.PutOrdersAsync(exchange.Numbers.Select(n => (all[n.Key], n.Value)), id, mark, ct);
            snapshots.Invalidate();
            return $"order {exchange.Moved.Order} to {exchange.Numbers[id]}, past policy {exchange.Neighbour.Id}";
        }, ct);
        return exchange.Moved with { Order = exchange.Numbers[id] };
    }

    /// <summary>
    /// Takes a policy out of every list and decision, and soft-deletes its key; rows and files stay, so that it can be recovered
    /// as it was until <c>Reconcile</c> removes it. That also finishes what stops half way here.
    /// </summary>
    /// <exception cref="DomainException">Not found; stale; conflict while a deployment of it is in force.</exception>
    public async Task DeleteAsync(string id, int expectedRevision, ChangeRequest request, CancellationToken ct)
    {
        var stored = await FindAsync(id, ct);
        MustBe(stored.Value, expectedRevision);
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
            await ClearAlarmsAsync(id, ct);
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
        var stored = all.FirstOrDefault(p => p.Value.Id == id && (p.Value.InUse || RecoverableUntil(p.Value) is not null)) ?? throw NotFound();
        MustBe(stored.Value, expectedRevision);
        return await audit.ChangeAsync(request.Caller, "policy.recover", id, async () =>
        {
            var policy = stored.Value;
            if (!policy.InUse)
            {
                policy = policy with { Deletion = null, Order = EndOfOrder(all) };
                await table.UpdateAsync(policy, stored.Version, ct);
                snapshots.Invalidate();
            }

            // After the row, so that a delete of the key that is still under way sees that it must be undone. No deployment is in
            // force: until the key is back nobody misses it, and a repeat brings it back.
            await secrets.RecoverAsync(SecretName(id), ct);
            await VerifyAsync(policy, null, ct);
            return (policy, $"revision {expectedRevision}, order {policy.Order}");
        }, ct);
    }

    /// <exception cref="DomainException">Not found.</exception>
    public async Task<IReadOnlyList<PolicyRevision>> RevisionsAsync(string id, CancellationToken ct)
    {
        var current = (await FindAsync(id, ct)).Value.Current.Revision;
        var all = new List<PolicyRevision>();
        await foreach (var revision in table.RevisionsAsync(id, ct))
        {
            // One more may be there: written by an edit that never got to the commit point.
            if (revision.Revision <= current)
            {
                all.Add(revision);
            }
        }

        return all;
    }

    /// <exception cref="DomainException">Not found.</exception>
    public async Task<PolicyRevision> RevisionAsync(string id, int revision, CancellationToken ct)
    {
        var current = (await FindAsync(id, ct)).Value.Current.Revision;
        return (revision <= current ? await table.FindRevisionAsync(id, revision, ct) : null)
            ?? throw DomainError.NotFound("policy.revision-not-found", $"The policy has no revision {revision}; its newest is {current}.").ToException();
    }

    /// <summary>The file for a device, byte for byte as uploaded.</summary>
    /// <exception cref="DomainException">Unavailable: what is stored is not what the policy names. That raises an alarm.</exception>
    public async Task<BinaryData> ConfigurationFileAsync(string policyId, ConfigurationFileFacts facts, CancellationToken ct)
    {
        var file = await files.GetAsync(policyId, facts.Sha256, ct);
        if (file.Content is null)
        {
            await alarms.RaiseAsync(policyId, PolicyPart.ConfigurationFile, facts.Sha256, file.Sha256, ct);
            throw new DomainError(ErrorKind.Unavailable, "configuration.damaged",
                "The stored configuration file is damaged, and is not delivered. Ask an administrator to upload it again.").ToException();
        }

        return file.Content;
    }

    /// <summary>The Workspace key for a down-level device.</summary>
    /// <exception cref="DomainException">Unavailable: Key Vault has lost the version that the policy names. That raises an alarm.</exception>
    public async Task<string> WorkspaceKeyAsync(string policyId, Workspace workspace, CancellationToken ct)
    {
        if (await secrets.FindAsync(SecretName(policyId), workspace.KeyVersion, ct) is { } key)
        {
            return key;
        }

        await alarms.RaiseAsync(policyId, PolicyPart.WorkspaceKey, workspace.KeyVersion, null, ct);
        throw new DomainError(ErrorKind.Unavailable, "workspace.key-lost",
            "The Workspace key is lost. Ask an administrator to recover it in Key Vault, or to set it again.").ToException();
    }

    /// <summary>
    /// For <c>Reconcile</c>: looks whether files and keys are what policies name, raises alarms, and clears those whose cause is gone.
    /// </summary>
    /// <param name="onlyAlarmed">Only policies with an alarm; else all in use.</param>
    /// <param name="ct">Cancels.</param>
    public async Task VerifyAsync(bool onlyAlarmed, CancellationToken ct)
    {
        var standing = (await alarms.ListAsync(ct)).ToLookup(alarm => alarm.PolicyId, alarm => alarm.Part);
        if (onlyAlarmed && standing.Count == 0)
        {
            return;
        }

        var inUse = (await ListAsync(ct)).ToDictionary(policy => policy.Id);
        foreach (var gone in standing.Where(alarm => !inUse.ContainsKey(alarm.Key)))
        {
            await ClearAlarmsAsync(gone.Key, ct);
        }

        foreach (var policy in inUse.Values.Where(policy => !onlyAlarmed || standing.Contains(policy.Id)))
        {
            await VerifyAsync(policy, [.. standing[policy.Id]], ct);
        }
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
                    await secrets.DeleteAsync(SecretName(file.PolicyId), ct);
                    await table.RemoveRevisionsAsync(file.PolicyId, ct);
                }
            }
        }
    }

    private static DomainException NotFound() => DomainError.NotFound("policy.not-found", "There is no such policy.").ToException();

    private static int EndOfOrder(IEnumerable<StoredPolicy> all) =>
        all.Where(p => p.Value.InUse).Select(p => p.Value.Order).DefaultIfEmpty().Max() + 1;

    /// <summary>Null when it is not deleted, or past recovery.</summary>
    private DateTimeOffset? RecoverableUntil(Policy policy) => policy is { Deletion: { } deletion, Deleting: false }
        && deletion.At.AddDays(options.Value.KeepDeletedDays) is var until && until > clock.GetUtcNow()
            ? until
            : null;

    private static string[] Warnings(IReadOnlyList<string> file, string? workspace) => workspace is null ? [.. file] : [.. file, workspace];

    private static void MustBe(Policy policy, int expectedRevision)
    {
        if (policy.Current.Revision != expectedRevision)
        {
            throw new DomainError(ErrorKind.Stale, "policy.changed",
                $"The policy is at revision {policy.Current.Revision}, not {expectedRevision}. Read it again and repeat the change.").ToException();
        }
    }

    /// <summary>Marks first, so that nobody recovers what is half gone, removes file, key and revisions, and takes the row last.</summary>
    private async Task RemoveAsync(StoredPolicy stored, CancellationToken ct)
    {
        var id = stored.Value.Id;
        if (!stored.Value.Deleting)
        {
            await table.UpdateAsync(stored.Value with { Deleting = true }, stored.Version, ct);
        }

        await files.DeleteAllAsync(id, ct);
        await secrets.DeleteAsync(SecretName(id), ct);
        await table.RemoveRevisionsAsync(id, ct);
        await table.RemoveAsync(id, ct);
    }

    /// <summary>Of a deleted policy. When somebody recovers the policy at the same moment, the key is brought back.</summary>
    private async Task DeleteKeyAsync(string id, CancellationToken ct)
    {
        await secrets.DeleteAsync(SecretName(id), ct);
        if (await table.FindAsync(id, ct) is { Value.InUse: true })
        {
            await secrets.RecoverAsync(SecretName(id), ct);
        }
    }

    /// <param name="policy">One in use.</param>
    /// <param name="alarmed">The parts with an alarm; null when that isn't known.</param>
    /// <param name="ct">Cancels.</param>
    private async Task VerifyAsync(Policy policy, IReadOnlyCollection<PolicyPart>? alarmed, CancellationToken ct)
    {
        var (facts, workspace) = (policy.Current.ConfigurationFile, policy.Current.Workspace);
        var file = await files.ReadAsync(policy.Id, facts.Sha256, ct);
        if (file.Content is null)
        {
            await alarms.RaiseAsync(policy.Id, PolicyPart.ConfigurationFile, facts.Sha256, file.Sha256, ct);
        }
        else if (alarmed?.Contains(PolicyPart.ConfigurationFile) ?? true)
        {
            await alarms.ClearAsync(policy.Id, PolicyPart.ConfigurationFile, ct);
        }

        if (workspace is not null && !await secrets.ExistsAsync(SecretName(policy.Id), workspace.KeyVersion, ct))
        {
            await alarms.RaiseAsync(policy.Id, PolicyPart.WorkspaceKey, workspace.KeyVersion, null, ct);
        }
        else if (alarmed?.Contains(PolicyPart.WorkspaceKey) ?? true)
        {
            await alarms.ClearAsync(policy.Id, PolicyPart.WorkspaceKey, ct);
        }
    }

    private async Task ClearAlarmsAsync(string id, CancellationToken ct)
    {
        foreach (var part in Enum.GetValues<PolicyPart>())
        {
            await alarms.ClearAsync(id, part, ct);
        }
    }

    private (ConfigurationFile File, byte[] Content) ReadFile(UploadedFile upload, PolicyKind kind, DateTimeOffset now)
    {
        var (fileName, content) = PackageReader.Read(upload.Name, upload.Content);
        var file = ConfigurationFile.Read(fileName, content, verifier, now);
        return file.Kind == kind
            ? (file, content)
            : throw ConfigurationFile.Invalid("kind-mismatch", $"This is an {file.Kind} file, and the policy is an {kind} policy.");
    }

    private async Task<StoredPolicy> FindAsync(string id, CancellationToken ct) =>
        await table.FindAsync(id, ct) is { Value.InUse: true } stored ? stored : throw NotFound();

    /// <summary>A repeat gets what the first request made: revision 1.</summary>
    private async Task<Policy> FirstAnswerAsync(StoredPolicy stored, ChangeRequest request, CancellationToken ct)
    {
        request.MustRepeat(stored.RequestBody);
        return stored.Value with { Current = await table.FindRevisionAsync(stored.Value.Id, 1, ct) ?? stored.Value.Current };
    }
}
