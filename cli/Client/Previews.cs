namespace Atp.Cli.Client;

/// <summary>What a deployment would come to.</summary>
public sealed record DeploymentPreviewAnswer : Answer
{
    public string? PolicyName { get; init; }

    public int? DaysLeft { get; init; }

    public int Devices { get; init; }

    public required PreviewedSuccess WouldSucceed { get; init; }

    public required PreviewedFailure WouldFail { get; init; }

    public required PreviewedUnsupported RequirementsNotMet { get; init; }

    public required PreviewedHeld Held { get; init; }
}

public sealed record PreviewedSuccess : Answer
{
    public int Devices { get; init; }

    public IReadOnlyList<PreviewedDelivery> Deliveries { get; init; } = [];
}

public sealed record PreviewedDelivery : Answer
{
    public string? Platform { get; init; }

    public string? Delivery { get; init; }

    public int Devices { get; init; }
}

public sealed record PreviewedFailure : Answer
{
    public int Devices { get; init; }

    public IReadOnlyList<PreviewedReason> Reasons { get; init; } = [];
}

public sealed record PreviewedReason : Answer
{
    public string? Reason { get; init; }

    public string? Detail { get; init; }

    public int Devices { get; init; }

    public PlatformsAnswer? Platforms { get; init; }

    public IReadOnlyList<SampledDevice> Sample { get; init; } = [];
}

public sealed record PreviewedUnsupported : Answer
{
    public int Devices { get; init; }

    public IReadOnlyList<PreviewedSystem> OperatingSystems { get; init; } = [];

    public IReadOnlyList<SampledDevice> Sample { get; init; } = [];
}

public sealed record PreviewedSystem : Answer
{
    public string? Name { get; init; }

    public int Devices { get; init; }
}

public sealed record PreviewedHeld : Answer
{
    public int Devices { get; init; }

    public IReadOnlyList<PreviewedHolder> Deployments { get; init; } = [];

    public int DeploymentsNotListed { get; init; }

    public IReadOnlyList<SampledDevice> Sample { get; init; } = [];
}

public sealed record PreviewedHolder : Answer
{
    public string? DeploymentId { get; init; }

    public string? PolicyName { get; init; }

    public int Devices { get; init; }
}

/// <summary>What a move in the order of policies would change.</summary>
public sealed record OrderPreviewAnswer : Answer
{
    public IReadOnlyList<PreviewedOrder> Orders { get; init; } = [];

    public int Devices { get; init; }

    public int NewlyFailing { get; init; }

    public int NoLongerFailing { get; init; }

    public IReadOnlyList<PreviewedChange> Changes { get; init; } = [];

    public int ChangesNotListed { get; init; }
}

public sealed record PreviewedOrder : Answer
{
    public string? PolicyName { get; init; }

    public int From { get; init; }

    public int To { get; init; }
}

public sealed record PreviewedChange : Answer
{
    public required PreviewedDeployment From { get; init; }

    public required PreviewedDeployment To { get; init; }

    public int Devices { get; init; }

    public PlatformsAnswer? Platforms { get; init; }

    public int NewlyFailing { get; init; }

    public int NoLongerFailing { get; init; }

    public IReadOnlyList<SampledDevice> Sample { get; init; } = [];
}

public sealed record PreviewedDeployment : Answer
{
    public string? DeploymentId { get; init; }

    public string? PolicyName { get; init; }
}

public sealed record PlatformsAnswer : Answer
{
    public int UpLevel { get; init; }

    public int DownLevel { get; init; }

    public int Unsupported { get; init; }
}

public sealed record SampledDevice : Answer
{
    public string? DeviceId { get; init; }

    /// <summary>Null when the device is gone meanwhile.</summary>
    public string? Name { get; init; }
}
