using System.Diagnostics;
using Atp.Core.Deployments;

namespace Atp.Core.Health;

/// <summary>What is counted of the devices of a scope.</summary>
public enum Figure
{
    Targeted,

    /// <summary>No live deployment targets it.</summary>
    NotTargeted,

    Healthy,
    AgentState,
    Inactive,
    NotOnboarded,
    NeverReached,
    Offboarding,
    FileSamplesDrifted,

    /// <summary>Enrolled, and its key is under an enrollment key that is not the newest.</summary>
    OnOldEnrollmentKey,

    /// <summary>Onboarding status, numerator: healthy, agent state and inactive.</summary>
    Onboarded,

    /// <summary>Onboarding status, denominator: those and not onboarded.</summary>
    Eligible,
}

/// <summary>The one rule by which the roll-up counts devices and a list finds the devices behind a figure.</summary>
public static class FigureRule
{
    /// <param name="figure">The figure.</param>
    /// <param name="decision">About one device, as <see cref="FigureScopes.Within"/> its scope.</param>
    public static bool Counts(this Figure figure, DeviceDecision decision) => figure switch
    {
        Figure.Targeted => decision.Winner is not null,
        Figure.NotTargeted => decision.Winner is null,
        Figure.Healthy => decision.Health == HealthState.Healthy,
        Figure.AgentState => decision.Health == HealthState.AgentState,
        Figure.Inactive => decision.Health == HealthState.Inactive,
        Figure.NotOnboarded => decision.Health == HealthState.NotOnboarded,
        Figure.NeverReached => decision.Health == HealthState.NeverReached,
        Figure.Offboarding => decision.IsOffboarding,
        Figure.FileSamplesDrifted => decision.FileSamplesDrifted,
        Figure.OnOldEnrollmentKey => decision.OnOldEnrollmentKey,
        Figure.Onboarded => decision.Health is HealthState.Healthy or HealthState.AgentState or HealthState.Inactive,
        Figure.Eligible => decision.Health is HealthState.Healthy or HealthState.AgentState or HealthState.Inactive or HealthState.NotOnboarded,
        _ => throw new UnreachableException($"Unknown figure {figure}."),
    };
}
