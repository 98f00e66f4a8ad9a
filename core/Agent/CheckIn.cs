using Atp.Core.Devices;
using Atp.Core.Policies;

namespace Atp.Core.Agent;

/// <summary>What a device sends: its inventory when that changed, else nothing.</summary>
public sealed record CheckIn(InventoryInput? Inventory = null);

public enum AgentAction
{
    /// <summary>There is nothing to apply; <see cref="Instructions.Reason"/> says why.</summary>
    None,
    Onboard,
    Offboard,
}

public enum MonitoringAgentAction
{
    /// <summary>Leave it as it is.</summary>
    None,

    /// <summary>Install it with the workspace; it is never updated.</summary>
    Install,
    Remove,
}

public enum DefenderClientAction
{
    /// <summary>Leave it as it is.</summary>
    None,

    /// <summary>Install it before the configuration file is applied.</summary>
    Install,
}

/// <summary>The configuration file that the device is to apply.</summary>
/// <param name="Url">Relative to the service; asks for the device's credential.</param>
/// <param name="Sha256">Lower-case hex; the device checks it before it applies the file.</param>
/// <param name="Length">Bytes.</param>
public sealed record FileOffer(string Url, string Sha256, long Length);

/// <summary>What the device must do: the state to be in, so that doing it again is harmless.</summary>
public sealed record Instructions
{
    public required string DeploymentId { get; init; }

    /// <summary>The policy revision; the device names it when it reports the result.</summary>
    public required int Revision { get; init; }

    public required AgentAction Action { get; init; }

    /// <summary>The device reported that it applied this revision, and then something else: it applies all of it again.</summary>
    public bool Reapply { get; init; }

    /// <summary>Why there is nothing to do, when there isn't, or why it is to be done again.</summary>
    public string? Reason { get; init; }

    public FileOffer? Configuration { get; init; }

    /// <summary>Where a down-level device gets its workspace, relative to the service.</summary>
    public string? WorkspaceUrl { get; init; }

    public MonitoringAgentAction MonitoringAgent { get; init; }

    /// <summary>Windows Server 2012 R2 and 2016 only, where a client setting chooses the Defender client.</summary>
    public DefenderClientAction DefenderClient { get; init; }

    public FileSamples FileSamples { get; init; }
}

/// <summary>The answer to a check-in.</summary>
/// <param name="Instructions">Null when no deployment targets the device.</param>
/// <param name="Reports">Where to send reports.</param>
/// <param name="NextCheckIn">When to come again, UTC, with jitter.</param>
/// <param name="NewKey">
/// Base64: the enrollment keys were rotated, and the device signs with this one from now on, under the same key version. It keeps
/// the one before until this one has worked. Null while it has the newest.
/// </param>
public sealed record CheckInAnswer(Instructions? Instructions, ReportAddress Reports, DateTimeOffset NextCheckIn, string? NewKey = null);

/// <summary>The workspace of a down-level device: one of the two places that a secret is meant to go to.</summary>
public sealed record WorkspaceAnswer(string WorkspaceId, string WorkspaceKey);
