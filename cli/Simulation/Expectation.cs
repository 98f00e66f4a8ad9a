using Atp.Core.Agent;

namespace Atp.Cli.Simulation;

/// <summary>
/// What the service must come to, said from the devices' side: from what each of them is and did, and from nothing that the
/// service said.
/// </summary>
public static class Expectation
{
    /// <summary>How the onboarding deployment must stand on this device; null when it isn't targeted.</summary>
    public static string? Status(SimulatedDevice device, Deed deed) => device.Membership switch
    {
        Membership.Outside => null,
        Membership.FleetAndRetired => "Superseded",
        _ => OwnStatus(device, deed),
    };

    /// <summary>How the offboarding deployment must stand on this device; null when it isn't targeted.</summary>
    public static string? OffboardingStatus(SimulatedDevice device, Deed deed) =>
        device.Membership == Membership.FleetAndRetired ? OwnStatus(device, deed) : null;

    /// <summary>Its agent health; null when it isn't to be onboarded, or can't be.</summary>
    public static string? Health(SimulatedDevice device, Deed deed) =>
        device.Membership != Membership.Fleet || device.Windows.Delivery == Delivery.Nothing
            ? null
            : deed switch
            {
                Deed.Nothing or Deed.CheckedIn => "neverReached",
                Deed.Fetched or Deed.ReportedFailure => "notOnboarded",
                Deed.ReportedServiceStopped => "agentState",
                Deed.ReportedLostContact => "inactive",
                _ => "healthy",
            };

    public static bool IsOffboarding(SimulatedDevice device) =>
        device.Membership == Membership.FleetAndRetired && device.Windows.Delivery != Delivery.Nothing;

    /// <summary>What is wrong with the answer that this device got; null when it is the right one.</summary>
    public static string? Complaint(SimulatedDevice device, CheckInAnswer answer)
    {
        var told = answer.Instructions;
        var right = (device.Membership, device.Windows.Delivery) switch
        {
            (Membership.Outside, _) => told is null,
            (_, Delivery.Nothing) => told is { Action: AgentAction.None, Configuration: null, WorkspaceUrl: null },
            (Membership.Fleet, Delivery.File) => told is { Action: AgentAction.Onboard, Configuration: not null, WorkspaceUrl: null },
            (Membership.Fleet, _) => told is { Action: AgentAction.Onboard, Configuration: null, WorkspaceUrl: not null }
                && told.MonitoringAgent == (device.MonitoringAgentVersion is null ? MonitoringAgentAction.Install : MonitoringAgentAction.None),
            (_, Delivery.File) => told is { Action: AgentAction.Offboard, Configuration: not null, WorkspaceUrl: null },
            _ => told is { Action: AgentAction.Offboard, Configuration: null, MonitoringAgent: MonitoringAgentAction.Remove },
        };
        if (right)
        {
            return null;
        }

        var said = told is null
            ? "nothing"
            : $"{told.Action}, {(told.Configuration is null ? "no file" : "a file")}, " +
              $"{(told.WorkspaceUrl is null ? "no workspace" : "a workspace")}, Monitoring Agent: {told.MonitoringAgent}";
        return $"{device.Id} ({device.Windows.Name}, {device.Membership}) was told: {said}.";
    }

    private static string OwnStatus(SimulatedDevice device, Deed deed) => device.Windows.Delivery == Delivery.Nothing
        ? "RequirementsNotMet"
        : deed switch
        {
            Deed.Nothing or Deed.CheckedIn => "Unknown",
            Deed.Fetched => "InProgress",
            Deed.ReportedFailure => "Error",
            _ => "Success",
        };
}
