using Atp.Core.Collections;
using Atp.Core.Deployments;
using Atp.Core.Devices;
using Atp.Core.Policies;

namespace Atp.Core.Site;

/// <summary>What a decision about any device depends on, beside the device's own rows, as of one moment.</summary>
public sealed class SiteSnapshot
{
    private readonly Dictionary<string, List<Deployment>> deploymentsByCollection = [];

    public SiteSnapshot(
        SiteSettings settings, IEnumerable<Policy> policies, IEnumerable<Deployment> liveDeployments, IEnumerable<Collection> collections,
        int enrollmentGeneration = 0)
    {
        Settings = settings;
        EnrollmentGeneration = enrollmentGeneration;
        Policies = policies.Where(p => p.InUse).ToDictionary(p => p.Id);
        var all = collections.ToList();
        Collections = all.Where(c => !c.Deleting).ToDictionary(c => c.Id);
        CollectionsBeingDeleted = all.Where(c => c.Deleting).Select(c => c.Id).ToHashSet();
        CollectionGraph = new CollectionGraph(Collections.Values);
        DefenderClientCollections = [.. Collections.Values.Where(c => c.DownLevelAgent == DownLevelAgent.DefenderClient).Select(c => c.Id)];
        Deployments = [.. liveDeployments.Where(d => Policies.ContainsKey(d.PolicyId))];
        foreach (var deployment in Deployments)
        {
            foreach (var collectionId in deployment.CollectionIds.Distinct())
            {
                if (!deploymentsByCollection.TryGetValue(collectionId, out var list))
                {
                    deploymentsByCollection[collectionId] = list = [];
                }

                list.Add(deployment);
            }
        }
    }

    public SiteSettings Settings { get; }

    /// <summary>Of the primary enrollment key: a device that signs under an older one is to move. 0 before the first enrollment.</summary>
    public int EnrollmentGeneration { get; }

    /// <summary>By id; those that are deleted are not here.</summary>
    public IReadOnlyDictionary<string, Policy> Policies { get; }

    /// <summary>By id; those being deleted are not here.</summary>
    public IReadOnlyDictionary<string, Collection> Collections { get; }

    /// <summary>How the collections refer to each other.</summary>
    public CollectionGraph CollectionGraph { get; }

    /// <summary>
    /// Ids of those that are marked for deletion. A collection that is neither here nor there is gone, or newer than this snapshot.
    /// </summary>
    public IReadOnlySet<string> CollectionsBeingDeleted { get; }

    /// <summary>Ids of the collections whose servers have the Defender client in place of the Monitoring Agent.</summary>
    public IReadOnlyList<string> DefenderClientCollections { get; }

    /// <summary>Deployments that have not ended.</summary>
    public IReadOnlyList<Deployment> Deployments { get; }

    /// <summary>The agent of a down-level system that is a member of these collections.</summary>
    public DownLevelAgent AgentOf(OperatingSystemFacts operatingSystem, IReadOnlyList<string> collectionIds) =>
        DefenderClientCollections.Count > 0
        && PlatformRules.SupportsDefenderClient(operatingSystem, Settings.ConfigurationManagerVersion)
        && collectionIds.Any(DefenderClientCollections.Contains)
            ? DownLevelAgent.DefenderClient
            : DownLevelAgent.MonitoringAgent;

    /// <summary>The live deployments of any of these collections, each once.</summary>
    public IReadOnlyList<Deployment> DeploymentsOf(IReadOnlyList<string> collectionIds)
    {
        List<Deployment>? found = null;
        foreach (var collectionId in collectionIds)
        {
            if (deploymentsByCollection.TryGetValue(collectionId, out var deployments))
            {
                found = found is null ? [.. deployments] : [.. found.Union(deployments)];
            }
        }

        return found ?? [];
    }
}
