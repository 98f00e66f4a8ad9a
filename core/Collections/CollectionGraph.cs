namespace Atp.Core.Collections;

/// <summary>Collections that refer to each other in a circle.</summary>
/// <param name="First">How the one that was asked about refers to the next.</param>
/// <param name="Path">All of it by names, for people: <c>'A' includes 'B', which is limited to 'A'</c>.</param>
public sealed record ReferenceCircle(ReferenceKind First, string Path);

/// <summary>
/// How collections refer to each other. No administrator can make a circle, but two edits at the same moment can, so one in the
/// data must neither loop nor depend on where somebody starts to look. All references within a circle are cut, in the way that
/// makes nobody a member: an include gives nobody, and a collection whose exclusion or limit is part of the circle has no members
/// until one of them is changed. A collection that is gone has no members either.
/// </summary>
public sealed class CollectionGraph
{
    private readonly Dictionary<string, Collection> collections;
    private readonly ILookup<string, string> referrers;

    public CollectionGraph(IEnumerable<Collection> collections)
    {
        this.collections = collections.ToDictionary(c => c.Id);
        referrers = Referrers(this.collections.Values);
        var sorted = Sort(this.collections);
        InOrder = sorted.Count == this.collections.Count ? sorted : Sort(WithoutCircles(sorted));
    }

    /// <summary>
    /// Each after all that it refers to, so that one look at each gives the members of all. Those that a circle leaves without
    /// members are not here, and the includes that it cuts are left out.
    /// </summary>
    public IReadOnlyList<Collection> InOrder { get; }

    /// <summary>The collections whose members depend on those of this one, over any number of steps. It may be gone itself.</summary>
    public IReadOnlySet<string> DependentsOf(string id)
    {
        var found = ReferringTo(id);
        found.Remove(id);
        return found;
    }

    /// <summary>The shortest circle that a collection is part of; null when there is none.</summary>
    public ReferenceCircle? FindCircle(string id)
    {
        var reachedBy = new Dictionary<string, (string From, CollectionReference Reference)>();
        var queue = new Queue<string>([id]);
        while (queue.TryDequeue(out var from) && !reachedBy.ContainsKey(id))
        {
            foreach (var reference in collections[from].References.Where(r => collections.ContainsKey(r.CollectionId)))
            {
                if (reachedBy.TryAdd(reference.CollectionId, (from, reference)))
                {
                    queue.Enqueue(reference.CollectionId);
                }
            }
        }

        if (!reachedBy.TryGetValue(id, out var step))
        {
            return null;
        }

        var steps = new Stack<CollectionReference>([step.Reference]);
        while (step.From != id)
        {
            step = reachedBy[step.From];
            steps.Push(step.Reference);
        }

        return new ReferenceCircle(steps.Peek().Kind, $"'{collections[id].Name}' "
            + string.Join(", which ", steps.Select(s => $"{s.Verb} '{collections[s.CollectionId].Name}'")));
    }

    private static ILookup<string, string> Referrers(IEnumerable<Collection> collections) => collections
        .SelectMany(c => c.References, (c, reference) => (reference.CollectionId, c.Id)).ToLookup(r => r.CollectionId, r => r.Id);

    /// <summary>Those that a circle, or what depends on one, doesn't hold up.</summary>
    private static List<Collection> Sort(Dictionary<string, Collection> collections)
    {
        var referrers = Referrers(collections.Values);
        var waitsFor = collections.Values.ToDictionary(c => c.Id, c => c.References.Count(r => collections.ContainsKey(r.CollectionId)));
        var sorted = collections.Values.Where(c => waitsFor[c.Id] == 0).ToList();
        for (var i = 0; i < sorted.Count; i++)
        {
            foreach (var id in referrers[sorted[i].Id])
            {
                waitsFor[id]--;
                if (waitsFor[id] == 0)
                {
                    sorted.Add(collections[id]);
                }
            }
        }

        return sorted;
    }

    /// <summary>Itself among them when it is part of a circle.</summary>
    private HashSet<string> ReferringTo(string id)
    {
        var found = new HashSet<string>();
        var queue = new Queue<string>([id]);
        while (queue.TryDequeue(out var to))
        {
            foreach (var from in referrers[to].Where(found.Add))
            {
                queue.Enqueue(from);
            }
        }

        return found;
    }

    private Dictionary<string, Collection> WithoutCircles(List<Collection> sorted)
    {
        var cut = sorted.ToDictionary(c => c.Id);
        foreach (var collection in collections.Values.Except(sorted))
        {
            // What it refers to and what refers to it, over any number of steps, is in a circle with it.
            var around = ReferringTo(collection.Id);
            if (collection.References.All(r => r.Kind == ReferenceKind.Include || !around.Contains(r.CollectionId)))
            {
                cut[collection.Id] = collection with
                {
                    IncludeCollectionIds = [.. collection.IncludeCollectionIds.Where(id => !around.Contains(id))],
                };
            }
        }

        return cut;
    }
}
