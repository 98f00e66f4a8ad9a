using Atp.Core.Audit;
using Atp.Core.Devices;
using Atp.Core.Errors;
using Atp.Core.Policies;
using Atp.Core.Requests;
using Atp.Core.Site;
using Atp.Core.Storage;

namespace Atp.Core.Collections;

/// <summary>A new collection. Without rules it has direct members only.</summary>
public sealed record CreateCollection
{
    public string? Name { get; init; }

    public string? Description { get; init; }

    public IReadOnlyList<QueryRule>? Rules { get; init; }
}

/// <summary>An edit: what is not sent stays as it is. Rules are sent as a whole.</summary>
public sealed record EditCollection
{
    public string? Name { get; init; }

    public string? Description { get; init; }

    public IReadOnlyList<QueryRule>? Rules { get; init; }
}

/// <summary>A collection with its evaluation.</summary>
/// <param name="Members">As last counted in each shard: by an evaluation, a change by an administrator, or once a day.</param>
/// <param name="ShardsDone">Shards that were evaluated for the current rules.</param>
/// <param name="EvaluatedAt">When the newest of them was; null before the first.</param>
public sealed record CollectionDetails(Collection Collection, int Members, int Shards, int ShardsDone, DateTimeOffset? EvaluatedAt);

/// <summary>What administrators do with collections.</summary>
public sealed class CollectionService(
    CollectionTable table, CollectionShardTable shardRows, FleetTable fleet, SiteSnapshots snapshots, ShardMap shards,
    MessageSender messages, AuditTable audit, TimeProvider clock)
{
    private const int MaxRules = 50;
    internal const int MaxPattern = 256;

    /// <summary>Writes the row, then sends the message that starts the evaluation.</summary>
    /// <exception cref="DomainException">Invalid, by field.</exception>
    public async Task<CollectionDetails> CreateAsync(CreateCollection command, ChangeRequest request, CancellationToken ct)
    {
        var errors = new FieldErrors();
        var name = PolicyRules.CheckName(command.Name, errors);
        var description = PolicyRules.CheckDescription(command.Description, errors);
        CheckRules(command.Rules ?? [], errors);
        errors.ThrowIfAny();

        var now = clock.GetUtcNow();
        var collection = new Collection
        {
            Id = request.NewId(clock),
            Revision = 1,
            Name = name,
            Description = description,
            Rules = command.Rules ?? [],
            RulesRevision = 1,
            RulesChangedAt = now,
            CreatedAt = now,
            CreatedBy = request.Caller.DisplayName,
        };
        if (!await table.TryAddAsync(collection, request.BodySha256, ct))
        {
            var first = (await table.FindAsync(collection.Id, ct))!;
            request.MustRepeat(first.RequestBody);
            collection = first.Value;
        }

        await StartEvaluationAsync(collection, ct);
        await audit.WriteAsync(new AuditEntry(collection.CreatedAt, request.Caller, "collection.created", collection.Id, "revision 1")
        {
            OnceKey = $"{collection.Id}!created",
        }, ct);
        return await DetailsAsync(collection, ct);
    }

    /// <exception cref="DomainException">Not found.</exception>
    public async Task<CollectionDetails> GetAsync(string id, CancellationToken ct) => await DetailsAsync((await FindAsync(id, ct)).Value, ct);

    /// <summary>All collections by name.</summary>
    public async Task<IReadOnlyList<Collection>> ListAsync(CancellationToken ct)
    {
        var all = new List<Collection>();
        await foreach (var collection in table.ListAsync(ct))
        {
            if (!collection.Deleting)
            {
                all.Add(collection);
            }
        }

        return [.. all.OrderBy(c => c.Name, StringComparer.OrdinalIgnoreCase).ThenBy(c => c.Id, StringComparer.Ordinal)];
    }

    /// <exception cref="DomainException">Not found; stale; invalid, by field.</exception>
    public async Task<CollectionDetails> UpdateAsync(
        string id, EditCollection edit, int expectedRevision, ChangeRequest request, CancellationToken ct)
    {
        var stored = await FindAsync(id, ct);
        MustBe(stored.Value, expectedRevision);
        var errors = new FieldErrors();
        var name = edit.Name is null ? stored.Value.Name : PolicyRules.CheckName(edit.Name, errors);
        var description = edit.Description is null ? stored.Value.Description : PolicyRules.CheckDescription(edit.Description, errors);
        CheckRules(edit.Rules ?? [], errors);
        errors.ThrowIfAny();

        var rulesChange = edit.Rules is not null && !edit.Rules.SequenceEqual(stored.Value.Rules);
        var after = stored.Value with
        {
            Revision = stored.Value.Revision + 1,
            Name = name,
            Description = description,
            Rules = edit.Rules ?? stored.Value.Rules,
            RulesRevision = stored.Value.RulesRevision + (rulesChange ? 1 : 0),
            RulesChangedAt = rulesChange ? clock.GetUtcNow() : stored.Value.RulesChangedAt,
        };
        await table.UpdateAsync(after, stored.Version, ct);
        snapshots.Invalidate();
        if (rulesChange)
        {
            await StartEvaluationAsync(after, ct);
        }

        await audit.WriteAsync(new AuditEntry(clock.GetUtcNow(), request.Caller, "collection.updated", id, $"revision {after.Revision}"), ct);
        return await DetailsAsync(after, ct);
    }

    /// <summary>Marks it; from then on it has no members, and the evaluation takes its rows away and the collection last.</summary>
    /// <exception cref="DomainException">Not found; stale; conflict while a deployment to it is in force.</exception>
    public async Task DeleteAsync(string id, int expectedRevision, ChangeRequest request, CancellationToken ct)
    {
        var stored = await FindAsync(id, ct);
        MustBe(stored.Value, expectedRevision);
        var site = await snapshots.ReadAsync(ct);
        if (site.Deployments.FirstOrDefault(d => d.CollectionIds.Contains(id)) is { } deployment)
        {
            throw DomainError.Conflict("collection.deployed", $"Deployment {deployment.Id} to this collection is in force. End it first.").ToException();
        }

        var marked = stored.Value with
        {
            Deleting = true,
            Revision = stored.Value.Revision + 1,
            RulesRevision = stored.Value.RulesRevision + 1,
            RulesChangedAt = clock.GetUtcNow(),
        };
        await table.UpdateAsync(marked, stored.Version, ct);
        await StartEvaluationAsync(marked, ct);
        await audit.WriteAsync(new AuditEntry(clock.GetUtcNow(), request.Caller, "collection.deleted", id, $"revision {expectedRevision}"), ct);
    }

    /// <summary>Members of a collection, shard by shard.</summary>
    /// <param name="id">The collection.</param>
    /// <param name="pageSize">How many at most.</param>
    /// <param name="continuation">From the page before: shard and last device id.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DomainException">Not found; invalid continuation.</exception>
    public async Task<Page<CollectionMember>> MembersAsync(string id, int pageSize, string? continuation, CancellationToken ct)
    {
        await FindAsync(id, ct);
        return await ShardPaging.PageAsync(shards, pageSize, continuation,
            (shard, after, token) => fleet.MembersAsync(shard, id, after, token), member => member.DeviceId, ct);
    }

    private static void CheckRules(IReadOnlyList<QueryRule> rules, FieldErrors errors)
    {
        if (rules.Count > MaxRules)
        {
            errors.Add("rules", "collection.too-many-rules", $"A collection has {MaxRules} rules at most.");
        }

        for (var i = 0; i < rules.Count && i < MaxRules; i++)
        {
            var rule = rules[i];
            if (rule is null or { OperatingSystem: null, NamePattern: null, Tag: null })
            {
                errors.Add($"rules[{i}]", "collection.rule-empty", "A rule asks for an operating system, a name pattern or a tag.");
                continue;
            }

            foreach (var (field, value) in new[]
            {
                ("operatingSystem", rule.OperatingSystem), ("namePattern", rule.NamePattern), ("tag", rule.Tag),
            })
            {
                if (value is not null && (value.Length is 0 or > MaxPattern || value.Any(char.IsControl)))
                {
                    errors.Add($"rules[{i}].{field}", "collection.rule-invalid", $"It has 1 to {MaxPattern} characters, none of them a control character.");
                }
            }
        }
    }

    private static void MustBe(Collection collection, int expectedRevision)
    {
        if (collection.Revision != expectedRevision)
        {
            throw new DomainError(ErrorKind.Stale, "collection.changed",
                $"The collection is at revision {collection.Revision}, not {expectedRevision}. Read it again and repeat the change.").ToException();
        }
    }

    private async Task StartEvaluationAsync(Collection collection, CancellationToken ct)
    {
        snapshots.Invalidate();
        await messages.SendAsync(Queues.CollectionEvaluation, new EvaluateCollection(collection.Id, collection.RulesRevision), ct);
    }

    private async Task<StoredCollection> FindAsync(string id, CancellationToken ct) =>
        await table.FindAsync(id, ct) is { Value.Deleting: false } stored
            ? stored
            : throw DomainError.NotFound("collection.not-found", "There is no such collection.").ToException();

    private async Task<CollectionDetails> DetailsAsync(Collection collection, CancellationToken ct)
    {
        var evaluations = await shardRows.ListAsync(collection.Id, ct);
        return new CollectionDetails(collection, evaluations.Sum(e => e.Members), shards.All.Count,
            evaluations.Count(e => e.Generation == collection.RulesRevision),
            evaluations.Count == 0 ? null : evaluations.Max(e => e.DoneAt));
    }
}
