using Atp.Core.Health;

namespace Atp.Functions.Health;

/// <summary>
/// Figures of one scope. Onboarding status is <paramref name="Onboarded"/> of <paramref name="Eligible"/>, and the four of agent
/// health are percentages of the same devices; all absent when there are none: no data, not 0 %.
/// </summary>
public sealed record FiguresAnswer(
    string Scope, string Name, DateTimeOffset AsOf, int Devices, int Targeted, int Healthy, int AgentState, int Inactive, int NotOnboarded,
    int NeverReached, int Offboarding, int FileSamplesDrifted, int OnOldEnrollmentKey, int Onboarded, int Eligible, double? OnboardingPercent,
    double? HealthyPercent, double? AgentStatePercent, double? InactivePercent, double? NotOnboardedPercent)
{
    public static FiguresAnswer Of(ScopeFigures scope)
    {
        var f = scope.Figures;
        double? Percent(int part) => f.Eligible == 0 ? null : Math.Round(100.0 * part / f.Eligible, 1);
        return new FiguresAnswer(scope.Scope, scope.Name, scope.AsOf, f.Devices, f.Targeted, f.Healthy, f.AgentState, f.Inactive,
            f.NotOnboarded, f.NeverReached, f.Offboarding, f.FileSamplesDrifted, f.OnOldEnrollmentKey, f.Onboarded, f.Eligible,
            Percent(f.Onboarded), Percent(f.Healthy), Percent(f.AgentState), Percent(f.Inactive), Percent(f.NotOnboarded));
    }
}

/// <summary>The newest figures.</summary>
public sealed record HealthSummaryAnswer(DateTimeOffset? AsOf, bool Stale, FiguresAnswer? Site, IReadOnlyList<FiguresAnswer> Scopes)
{
    public static HealthSummaryAnswer Of(HealthSummary summary) => new(
        summary.AsOf, summary.Stale, summary.Site is null ? null : FiguresAnswer.Of(summary.Site), [.. summary.Scopes.Select(FiguresAnswer.Of)]);
}

public enum RollUpState
{
    Running,
    Completed,

    /// <summary>Not complete after two periods; a newer one takes its place.</summary>
    Abandoned,
}

/// <summary>How far a roll-up is.</summary>
public sealed record RollUpAnswer(string Id, DateTimeOffset AsOf, RollUpState State, int ShardsDone, DateTimeOffset? CompletedAt)
{
    public static RollUpAnswer Of(RollUp rollUp, RollUpService rollUps) => new(rollUp.Id, rollUp.AsOf,
        rollUp.CompletedAt is not null ? RollUpState.Completed
            : rollUps.IsAbandoned(rollUp.AsOf) ? RollUpState.Abandoned
            : RollUpState.Running,
        rollUp.ShardsDone, rollUp.CompletedAt);
}
