using Atp.Cli.Client;
using Atp.Cli.Output;

namespace Atp.Cli.Deployments;

/// <summary>What lists and CSV say of a deployment.</summary>
internal static class DeploymentColumns
{
    public static readonly IReadOnlyList<Column<DeploymentAnswer>> All =
    [
        new("Id", deployment => deployment.Id) { IsWhole = true },
        new("State", deployment => deployment.State),
        new("Policy", deployment => deployment.PolicyName) { Field = "policyName" },
        new("Collections", deployment => deployment.CollectionNames) { Field = "collectionNames" },
        new("Policy id", deployment => deployment.PolicyId) { InTable = false },
        new("Collection ids", deployment => deployment.CollectionIds) { InTable = false },
        new("Created at", deployment => deployment.CreatedAt),
        new("Created by", deployment => deployment.CreatedBy) { InTable = false },
        new("Ended at", deployment => deployment.EndedAt) { IsOptional = true },
        new("Ended by", deployment => deployment.EndedBy) { InTable = false },
        new("End reason", deployment => deployment.EndReason) { InTable = false },
        new("Shards", deployment => deployment.Progress?.Shards) { InTable = false },
        new("Shards done", deployment => deployment.Progress?.ShardsDone) { InTable = false },
        new("Devices", deployment => deployment.Progress?.Devices) { Format = "N0" },
        new("Up level", deployment => deployment.Progress?.UpLevel) { InTable = false },
        new("Down level", deployment => deployment.Progress?.DownLevel) { InTable = false },
        new("In error", deployment => deployment.Progress?.InError) { InTable = false },
        new("Not supported", deployment => deployment.Progress?.NotSupported) { InTable = false },
        new("Success", deployment => deployment.Statuses?.Success) { Format = "N0", IsOptional = true },
        new("Error", deployment => deployment.Statuses?.Error) { Format = "N0", IsOptional = true },
        new("Requirements not met", deployment => deployment.Statuses?.RequirementsNotMet) { InTable = false },
        new("In progress", deployment => deployment.Statuses?.InProgress) { InTable = false },
        new("Unknown", deployment => deployment.Statuses?.Unknown) { InTable = false },
        new("Superseded", deployment => deployment.Statuses?.Superseded) { InTable = false },
        new("Warnings", deployment => deployment.Warnings) { InTable = false },
    ];
}
