using Atp.Core.Audit;
using Atp.Core.Devices;
using Atp.Core.Errors;
using Atp.Core.Policies;
using Atp.Core.Requests;
using Atp.Core.Site;
using Atp.Core.Storage;

namespace Atp.Core.Collections;

/// <summary>What a new collection and an edit have in common.</summary>
public abstract record CollectionCommand
{
    public string? Name { get; init; }

    public string? Description { get; init; }

    public IReadOnlyList<QueryRule>? Rules { get; init; }

    /// <summary>20 at most, like the excluded ones.</summary>
    public IReadOnlyList<string>? IncludeCollectionIds { get; init; }

    public IReadOnlyList<string>? ExcludeCollectionIds { get; init; }

    /// <summary>An empty text is none.</summary>
    public string? LimitingCollectionId { get; init; }

    public DownLevelAgent? DownLevelAgent { get; init; }
}

/// <summary>A new collection. Without rules and includes it has direct members only.</summary>
public sealed record CreateCollection : CollectionCommand;

/// <summary>An edit: what is not sent stays as it is. Each list is sent as a whole.</summary>
public sealed record EditCollection : CollectionCommand;

/// <summary>A collection with its evaluation.</summary>
/// <param name="Members">
/// Of each shard the newest count: by a full evaluation, a change by an administrator, or the roll-up.
/// </param>
/// <param name="ShardsDone">Shards that were evaluated for the current rules.</param>
/// <param name="FullAt">When the newest of the shards was evaluated after a change of rules; null before the first.</param>
/// <param name="IncrementalAt">As of when a roll-up last brought every device up to date; null before the first.</param>
public sealed record CollectionDetails(
    Collection Collection, int Members, int Shards, int ShardsDone, DateTimeOffset? FullAt, DateTimeOffset? IncrementalAt);

/// <summary>What administrators do with collections.</summary>
public sealed class CollectionService(
    CollectionTable table, CollectionShardTable shardRows, FleetTable fleet, SiteSnapshots snapshots, ShardMap shards,
    MessageSender messages, AuditTrail audit, TimeProvider clock)
{
    private const int MaxRules = 50;
    internal const int MaxPattern = 256;
    private const int MaxReferences = 20;

    /// <summary>Writes the row, then sends the message that starts the evaluation.</summary>
    /// <exception cref="DomainException">Invalid, by field.</exception>
    public async Task<CollectionDetails> CreateAsync(CreateCollection command, ChangeRequest request, CancellationToken ct)
    {
        var id = request.NewId(clock);
        if (request.RepeatabilityId is not null && await table.FindAsync(id, ct) is { } before)
        {
            request.MustRepeat(before.RequestBody);
            return await CreateAsync(before.Value, request, ct);
        }

        var errors = new FieldErrors();
        var now = clock.GetUtcNow();
        var collection = Apply(command with { Name = command.Name ?? "" }, new Collection
        {
            Id = id,
            Revision = 1,
            Name = "",
            RulesRevision = 1,
            RulesChangedAt = now,
            CreatedAt = now,
            CreatedBy = request.Caller.DisplayName,
        }, await snapshots.ReadAsync(ct), errors);
        errors.ThrowIfAny();
        return await CreateAsync(collection, request, ct);
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

    /// <summary>Collections with their evaluation, at two transactions each.</summary>
    public Task<IReadOnlyList<CollectionDetails>> DetailsAsync(IReadOnlyList<Collection> page, CancellationToken ct) =>
        page.AskAsync(DetailsAsync, ct);

    /// <exception cref="DomainException">Not found; stale; invalid, by field.</exception>
    public async Task<CollectionDetails> UpdateAsync(
        string id, EditCollection edit, int expectedRevision, ChangeRequest request, CancellationToken ct)
    {
        var stored = await FindAsync(id, ct);
        MustBe(stored.Value, expectedRevision);
        var errors = new FieldErrors();
        var after = Apply(edit, stored.Value, await snapshots.ReadAsync(ct), errors);
        errors.ThrowIfAny();

        var rulesChange = !after.Rules.SequenceEqual(stored.Value.Rules) || !after.References.SequenceEqual(stored.Value.References);
        after = after with
        {
            Revision = stored.Value.Revision + 1,
            RulesRevision = stored.Value.RulesRevision + (rulesChange ? 1 : 0),
            RulesChangedAt = rulesChange ? clock.GetUtcNow() : stored.Value.RulesChangedAt,
        };
        await audit.ChangeAsync(request.Caller, "collection.update", id, async () =>
        {
            await table.UpdateAsync(after, stored.Version, ct);
            snapshots.Invalidate();
            if (rulesChange)
            {
                await StartEvaluationAsync(after, ct);
            }

            return $"revision {after.Revision}";
        }, ct);
        return await DetailsAsync(after, ct);
    }

    /// <summary>Marks it; from then on it has no members, and the evaluation takes its rows away and the collection last.</summary>
    /// <exception cref="DomainException">Not found; stale; conflict while a deployment or another collection needs it.</exception>
    public async Task DeleteAsync(string id, int expectedRevision, ChangeRequest request, CancellationToken ct)
    {
        var stored = await FindAsync(id, ct);
        MustBe(stored.Value, expectedRevision);
        var site = await snapshots.ReadAsync(ct);
        if (site.Deployments.FirstOrDefault(d => d.CollectionIds.Contains(id)) is { } deployment)
        {
            throw DomainError.Conflict("collection.deployed", $"Deployment {deployment.Id} to this collection is in force. End it first.").ToException();
        }

        if (site.Collections.Values.FirstOrDefault(c => c.References.Any(r => r.CollectionId == id)) is { } user)
        {
            throw DomainError.Conflict("collection.in-use",
                $"Collection '{user.Name}' ({user.Id}) {user.References.First(r => r.CollectionId == id).Verb} this one. Change that first.").ToException();
        }

        var marked = stored.Value with
        {
            Deleting = true,
            Revision = stored.Value.Revision + 1,
            RulesRevision = stored.Value.RulesRevision + 1,
            RulesChangedAt = clock.GetUtcNow(),
        };
        await audit.ChangeAsync(request.Caller, "collection.delete", id, async () =>
        {
            await table.UpdateAsync(marked, stored.Version, ct);
            await StartEvaluationAsync(marked, ct);
            return $"revision {expectedRevision}";
        }, ct);
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

    /// <summary>The collection as the command wants it; what it doesn't name stays.</summary>
    private static Collection Apply(CollectionCommand command, Collection collection, SiteSnapshot site, FieldErrors errors)
    {
        var name = command.Name is null ? collection.Name : PolicyRules.CheckName(command.Name, errors);
        var description = command.Description is null ? collection.Description : PolicyRules.CheckDescription(command.Description, errors);
        CheckRules(command.Rules ?? [], errors);
        CheckReferences(collection.Id, "includeCollectionIds", command.IncludeCollectionIds ?? [], site, errors);
        CheckReferences(collection.Id, "excludeCollectionIds", command.ExcludeCollectionIds ?? [], site, errors);
        CheckReferences(collection.Id, "limitingCollectionId", command.LimitingCollectionId is { Length: > 0 } limit ? [limit] : [], site, errors);
        var version = site.Settings.ConfigurationManagerVersion;
        if (command.DownLevelAgent == DownLevelAgent.DefenderClient && !PlatformRules.HasDefenderClientSetting(version))
        {
            errors.Add("downLevelAgent", "collection.agent-not-supported",
                $"The site is at Configuration Manager {version}, which has no client setting for the Defender client. 2207 has.");
        }

        var after = collection with
        {
            Name = name,
            Description = description,
            Rules = command.Rules ?? collection.Rules,
            IncludeCollectionIds = Sorted(command.IncludeCollectionIds) ?? collection.IncludeCollectionIds,
            ExcludeCollectionIds = Sorted(command.ExcludeCollectionIds) ?? collection.ExcludeCollectionIds,
            LimitingCollectionId = command.LimitingCollectionId switch
            {
                null => collection.LimitingCollectionId,
                "" => null,
                var limiting => limiting,
            },
            DownLevelAgent = command.DownLevelAgent ?? collection.DownLevelAgent,
        };
        // One that is there already, by two edits at the same moment, is no reason to refuse another name.
        if (!errors.Any && !after.References.SequenceEqual(collection.References)
            && new CollectionGraph(site.Collections.Values.Where(c => c.Id != after.Id).Append(after)).FindCircle(after.Id) is { } circle)
        {
            errors.Add(circle.First switch
            {
                ReferenceKind.Include => "includeCollectionIds",
                ReferenceKind.Exclude => "excludeCollectionIds",
                _ => "limitingCollectionId",
            }, "collection.cycle", $"Collections can't depend on each other in a circle: {circle.Path}.");
        }

        return after;
    }

    private static string[]? Sorted(IReadOnlyList<string>? ids) => ids is null ? null : [.. ids.Distinct().Order(StringComparer.Ordinal)];

    private static void CheckReferences(string id, string field, IReadOnlyList<string> references, SiteSnapshot site, FieldErrors errors)
    {
        if (references.Count > MaxReferences)
        {
            errors.Add(field, "collection.too-many-references", $"Name {MaxReferences} collections at most.");
        }

        foreach (var reference in references.Take(MaxReferences))
        {
            if (reference == id)
            {
                errors.Add(field, "collection.refers-to-itself", "A collection can't include or exclude itself, or be limited to itself.");
            }
            else if (reference is null || !site.Collections.ContainsKey(reference))
            {
                errors.Add(field, "collection.not-found", $"There is no collection {FieldErrors.Quoted(reference)}.");
            }
        }
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

    /// <summary>Row, then message; both again if this is a repeat: the message may never have been sent.</summary>
    private async Task<CollectionDetails> CreateAsync(Collection collection, ChangeRequest request, CancellationToken ct)
    {
        var created = await audit.ChangeAsync(request.Caller, "collection.create", collection.Id, async () =>
        {
            var stored = collection;
            if (!await table.TryAddAsync(collection, request.BodySha256, ct))
            {
                var first = (await table.FindAsync(collection.Id, ct))!;
                request.MustRepeat(first.RequestBody);
                stored = first.Value;
            }

            await StartEvaluationAsync(stored, ct);
            return (stored, $"revision {stored.Revision}");
        }, ct);
        return await DetailsAsync(created, ct);
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
        var rolledUp = table.FindMembersAsync(collection.Id, ct);
        var evaluations = await shardRows.ListAsync(collection.Id, ct);
        var counted = evaluations.ToDictionary(e => e.Shard);
        var incremental = await rolledUp;
        var members = shards.All.Select((shard, index) => counted.TryGetValue(shard, out var own) && !(own.CountedAt < incremental?.AsOf)
            ? own.Members
            : incremental?.ByShard[index] ?? 0).Sum();
        return new CollectionDetails(collection, members, shards.All.Count,
            evaluations.Count(e => e.Generation == collection.RulesRevision), evaluations.Max(e => e.DoneAt), incremental?.AsOf);
    }
}
