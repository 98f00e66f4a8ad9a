namespace Atp.Core.Deployments;

/// <summary>Which of several deployments holds a device: the one rule behind every decision and every preview.</summary>
public static class Precedence
{
    /// <summary>The one that holds the device first: lowest policy order, then the newest deployment, then by id.</summary>
    /// <param name="deployments">Those that target it.</param>
    /// <param name="orderOf">A policy's order, by the policy's id.</param>
    public static IEnumerable<Deployment> ByPrecedence(this IEnumerable<Deployment> deployments, Func<string, int> orderOf) => deployments
        .OrderBy(d => orderOf(d.PolicyId))
        .ThenByDescending(d => d.CreatedAt)
        .ThenByDescending(d => d.Id, StringComparer.Ordinal);
}

/// <summary>Deployments in the order of precedence, to be asked for device after device.</summary>
public sealed class DeploymentHolders
{
    private readonly Dictionary<string, (int Rank, Deployment Deployment)> bestByCollection = [];

    /// <param name="inPrecedence">By <see cref="Precedence.ByPrecedence"/>.</param>
    public DeploymentHolders(IEnumerable<Deployment> inPrecedence)
    {
        foreach (var (rank, deployment) in inPrecedence.Index())
        {
            foreach (var collectionId in deployment.CollectionIds)
            {
                bestByCollection.TryAdd(collectionId, (rank, deployment));
            }
        }
    }

    /// <summary>The collections of all of them, each once.</summary>
    public IReadOnlyCollection<string> CollectionIds => bestByCollection.Keys;

    /// <summary>The one that holds a member of these collections; null when none targets it.</summary>
    public Deployment? Of(IReadOnlyList<string> collectionIds)
    {
        (int Rank, Deployment Deployment)? best = null;
        foreach (var collectionId in collectionIds)
        {
            if (bestByCollection.TryGetValue(collectionId, out var candidate) && (best is null || candidate.Rank < best.Value.Rank))
            {
                best = candidate;
            }
        }

        return best?.Deployment;
    }
}
