using Atp.Cli.Client;
using Atp.Cli.Simulation;

namespace Atp.Cli.Up;

/// <summary>The figures of a run, by name: as the service counted them, or as the simulated fleet expects them.</summary>
/// <param name="Deployment">The onboarding deployment, by status.</param>
/// <param name="Health">The site's agent health, by state.</param>
/// <param name="Others">Everything else that must agree.</param>
public sealed record Figures(
    IReadOnlyDictionary<string, int> Deployment, IReadOnlyDictionary<string, int> Health, IReadOnlyDictionary<string, int> Others)
{
    public static Dictionary<string, int> Of(StatusFigures? statuses) => FleetTally.Statuses.Zip(
        statuses is null
            ? new int[FleetTally.Statuses.Count]
            : [statuses.Success, statuses.Error, statuses.RequirementsNotMet, statuses.InProgress, statuses.Unknown, statuses.Superseded])
        .ToDictionary(pair => pair.First, pair => pair.Second);

    public static Dictionary<string, int> Of(ScopeAnswer? scope) => FleetTally.HealthStates.Zip(
        scope is null
            ? new int[FleetTally.HealthStates.Count]
            : [scope.Healthy, scope.AgentState, scope.Inactive, scope.NotOnboarded, scope.NeverReached])
        .ToDictionary(pair => pair.First, pair => pair.Second);

    /// <summary>Every figure that isn't the same in both, or is missing in one.</summary>
    public static IReadOnlyList<Difference> Compare(Figures expected, Figures counted) =>
    [
        .. Compare("deployment", expected.Deployment, counted.Deployment),
        .. Compare("health", expected.Health, counted.Health),
        .. Compare(null, expected.Others, counted.Others),
    ];

    private static IEnumerable<Difference> Compare(
        string? part, IReadOnlyDictionary<string, int> expected, IReadOnlyDictionary<string, int> counted) =>
        expected.Keys.Union(counted.Keys)
            .Select(name => new Difference(
                part is null ? name : $"{part}.{name}",
                expected.TryGetValue(name, out var wanted) ? wanted : null,
                counted.TryGetValue(name, out var found) ? found : null))
            .Where(difference => difference.Expected != difference.Counted);
}

/// <summary>A figure that isn't what the simulated fleet did; null: one side doesn't have it.</summary>
public sealed record Difference(string Name, int? Expected, int? Counted);
