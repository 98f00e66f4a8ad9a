namespace Atp.Core.Storage;

/// <summary>Queue names, as constants for triggers, senders and set-up alike.</summary>
public static class Queues
{
    public const string CollectionEvaluation = "collection-evaluation";
    public const string CollectionShards = "collection-shards";
    public const string DeploymentFanOut = "deployment-fanout";
    public const string DeploymentShards = "deployment-shards";
    public const string DeviceReports = "device-reports";
    public const string HealthShards = "health-shards";
    public const string PoisonSuffix = "-poison";

    public static IReadOnlyList<string> All { get; } =
        [CollectionEvaluation, CollectionShards, DeploymentFanOut, DeploymentShards, DeviceReports, HealthShards];
}

/// <summary>Table names; lower case, since Power BI's Entra sign-in fails on mixed case.</summary>
public static class TableNames
{
    public const string Site = "site";
    public const string Fleet = "fleet";
    public const string Policies = "policies";
    public const string PolicyRevisions = "policyrevisions";
    public const string Collections = "collections";
    public const string CollectionShards = "collectionshards";
    public const string Deployments = "deployments";
    public const string DeploymentShards = "deploymentshards";
    public const string RollUps = "rollups";
    public const string Audit = "audit";
    public const string HealthLatest = "healthlatest";
    public const string HealthHistory = "healthhistory";
    public const string DeploymentLatest = "deploymentlatest";

    /// <summary>In the site's own account.</summary>
    public static IReadOnlyList<string> Own { get; } =
        [Site, Fleet, Policies, PolicyRevisions, Collections, CollectionShards, Deployments, DeploymentShards, RollUps, Audit];

    /// <summary>In the account that analysts may read.</summary>
    public static IReadOnlyList<string> Reporting { get; } = [HealthLatest, HealthHistory, DeploymentLatest];
}

/// <summary>Blob container names.</summary>
public static class Containers
{
    public const string Onboarding = "onboarding";
}
