using Atp.Core.Audit;
using Atp.Core.Errors;
using Atp.Core.Requests;
using Atp.Core.Secrets;
using Atp.Core.Site;

namespace Atp.Core.Policies;

/// <summary>
/// What administrators do with policies. The file goes to Blob storage and the key to Key Vault before the rows: the policy row
/// is the commit point, and what a crash leaves before it is an orphan that <c>Reconcile</c> deletes after a day.
/// </summary>
public sealed class PolicyService(
    PolicyTable table, PolicyFiles files, SecretStore secrets, PolicyMaterial material, PolicyAlarms alarms, SignatureVerifier verifier,
    SiteSnapshots snapshots, SiteSettings settings, AuditTrail audit, TimeProvider clock)
{
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
            var keyVersion = workspace is null ? null : await secrets.SetAsync(PolicyMaterial.SecretName(id), command.WorkspaceKey!, ct);
            var policy = new Policy
            {
                Id = id,
                Order = PolicyOrder.End(all.Select(p => p.Value)),
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
    public async Task<Policy> GetAsync(string id, CancellationToken ct) => (await table.GetInUseAsync(id, ct)).Value;

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

    /// <param name="id">The policy.</param>
    /// <param name="edit">What changes.</param>
    /// <param name="expectedRevision">The revision that the edit was made from.</param>
    /// <param name="request">Who asks.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DomainException">Not found; stale; invalid, by field.</exception>
    public async Task<Policy> UpdateAsync(string id, EditPolicy edit, int expectedRevision, ChangeRequest request, CancellationToken ct)
    {
        var stored = await table.GetInUseAsync(id, ct);
        stored.Value.MustBeAt(expectedRevision);
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
            key = await material.WorkspaceKeyAsync(id, before.Workspace, ct);
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
                    : await secrets.SetAsync(PolicyMaterial.SecretName(id), edit.WorkspaceKey, ct));
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

            stored.Value.MustBeAt(expectedRevision);
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

    /// <exception cref="DomainException">Not found.</exception>
    public async Task<IReadOnlyList<PolicyRevision>> RevisionsAsync(string id, CancellationToken ct)
    {
        var current = (await table.GetInUseAsync(id, ct)).Value.Current.Revision;
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
        var current = (await table.GetInUseAsync(id, ct)).Value.Current.Revision;
        return (revision <= current ? await table.FindRevisionAsync(id, revision, ct) : null)
            ?? throw DomainError.NotFound("policy.revision-not-found", $"The policy has no revision {revision}; its newest is {current}.").ToException();
    }

    private static string[] Warnings(IReadOnlyList<string> file, string? workspace) => workspace is null ? [.. file] : [.. file, workspace];

    private (ConfigurationFile File, byte[] Content) ReadFile(UploadedFile upload, PolicyKind kind, DateTimeOffset now)
    {
        var (fileName, content) = PackageReader.Read(upload.Name, upload.Content);
        var file = ConfigurationFile.Read(fileName, content, verifier, now);
        return file.Kind == kind
            ? (file, content)
            : throw ConfigurationFile.Invalid("kind-mismatch", $"This is an {file.Kind} file, and the policy is an {kind} policy.");
    }

    /// <summary>A repeat gets what the first request made: revision 1.</summary>
    private async Task<Policy> FirstAnswerAsync(StoredPolicy stored, ChangeRequest request, CancellationToken ct)
    {
        request.MustRepeat(stored.RequestBody);
        return stored.Value with { Current = await table.FindRevisionAsync(stored.Value.Id, 1, ct) ?? stored.Value.Current };
    }
}
