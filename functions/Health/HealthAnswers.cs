using Atp.Core.Health;

namespace Atp.Functions.Health;

/// <summary>
/// Figures of one scope. Onboarding status is <paramref name="Onboarded"/> of <paramref name="Eligible"/>, and the four of agent
/// health are percentages of the same devices; all absent when there are none: no data, not 0 %.
/// </summary>
public sealed record FiguresAnswer(
    string Scope, string Name, DateTimeOffset AsOf, int Devices, int Targeted, int Healthy, int AgentState, int Inactive, int NotOnboarded,
    int NeverReached, int Offboarding, int FileSamplesDrifted, int OnOldEnrollmentKey, int Onboarded, int Eligible, int NotTargeted,
    double? OnboardingPercent, double? HealthyPercent, double? AgentStatePercent, double? InactivePercent, double? NotOnboardedPercent)
{
    public static FiguresAnswer Of(ScopeFigures scope)
    {
        var f = scope.Figures;
        return new FiguresAnswer(scope.Scope, scope.Name, scope.AsOf, f.Devices, f.Targeted, f.Healthy, f.AgentState, f.Inactive,
            f.NotOnboarded, f.NeverReached, f.Offboarding, f.FileSamplesDrifted, f.OnOldEnrollmentKey, f.Onboarded, f.Eligible, f.NotTargeted,
            Percent(f, f.Onboarded), Percent(f, f.Healthy), Percent(f, f.AgentState), Percent(f, f.Inactive), Percent(f, f.NotOnboarded));
    }

    internal static double? Percent(HealthFigures figures, int part) =>
        figures.Eligible == 0 ? null : Math.Round(100.0 * part / figures.Eligible, 1);
}

/// <summary>The site's figures at one moment, for a line of them.</summary>
public sealed record TrendPointAnswer(
    DateTimeOffset AsOf, double? OnboardingPercent, int Healthy, int AgentState, int Inactive, int NotOnboarded, int NeverReached, int Offboarding)
{
    public static TrendPointAnswer Of(ScopeFigures scope)
    {
        var f = scope.Figures;
        return new TrendPointAnswer(scope.AsOf, FiguresAnswer.Percent(f, f.Onboarded), f.Healthy, f.AgentState, f.Inactive, f.NotOnboarded,
            f.NeverReached, f.Offboarding);
    }
}

/// <summary>The newest figures.</summary>
/// <param name="History">The site's, oldest first; absent when it wasn't asked for.</param>
public sealed record HealthSummaryAnswer(
    DateTimeOffset? AsOf, bool Stale, FiguresAnswer? Site, IReadOnlyList<FiguresAnswer> Scopes, IReadOnlyList<TrendPointAnswer>? History)
{
    public static HealthSummaryAnswer Of(HealthSummary summary) => new(
        summary.AsOf, summary.Stale, summary.Site is null ? null : FiguresAnswer.Of(summary.Site), [.. summary.Scopes.Select(FiguresAnswer.Of)],
        summary.History?.Select(TrendPointAnswer.Of).ToList());
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
