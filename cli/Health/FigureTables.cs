using System.Globalization;
using Atp.Cli.Client;
using Atp.Cli.Output;
using Spectre.Console;

namespace Atp.Cli.Health;

/// <summary>Figures as tables and bars.</summary>
internal static class FigureTables
{
    private const int BarWidth = 60;

    /// <summary>What is said of a scope's figures.</summary>
    public static readonly IReadOnlyList<Column<ScopeAnswer>> Columns =
    [
        // The id too, where names repeat and the list of the devices behind a figure asks for it.
        new("Scope", scope => scope.Scope) { IsWhole = true },
        new("Name", scope => scope.Name is { } name && scope.Scope?.EndsWith($"!{name}", StringComparison.Ordinal) == true ? "" : scope.Name) { IsOptional = true },
        new("As of", scope => scope.AsOf) { InTable = false },
        new("Devices", scope => scope.Devices) { Format = Thousands },
        new("Targeted", scope => scope.Targeted) { InTable = false },
        new("Healthy", scope => scope.Healthy) { Format = Thousands },
        new("Agent state", scope => scope.AgentState) { Format = Thousands },
        new("Inactive", scope => scope.Inactive) { Format = Thousands },
        new("Not onboarded", scope => scope.NotOnboarded) { Format = Thousands },
        new("Never reached", scope => scope.NeverReached) { Format = Thousands },
        new("Offboarding", scope => scope.Offboarding) { InTable = false },
        new("On old enrollment key", scope => scope.OnOldEnrollmentKey) { InTable = false },
        new("Onboarded", scope => scope.Onboarded) { InTable = false },
        new("Eligible", scope => scope.Eligible) { InTable = false },
        new("Percent", scope => scope.Eligible == 0 ? null : 100.0 * scope.Onboarded / scope.Eligible) { Field = "onboardingPercent", Format = "0.0' %'" },
    ];

    private const string Thousands = "N0";

    /// <summary>What the members of a deployment run, as far as it decides what they must do.</summary>
    public static void ShowPlatforms(Terminal terminal, DeploymentAnswer deployment)
    {
        if (deployment.Progress is { } progress)
        {
            terminal.Say(
                $"{progress.Devices} devices: {progress.UpLevel} up-level, {progress.DownLevel} down-level, " +
                $"{progress.InError} in error, {progress.NotSupported} not supported");
        }
    }

    public static void ShowStatuses(Terminal terminal, string title, StatusFigures statuses)
    {
        var total = statuses.Success + statuses.Error + statuses.RequirementsNotMet + statuses.InProgress + statuses.Unknown + statuses.Superseded;
        ShowBars(terminal, $"{title}: {total} devices",
        [
            ("Success", statuses.Success, Color.Green),
            ("Error", statuses.Error, Color.Red),
            ("Requirements not met", statuses.RequirementsNotMet, Color.Yellow),
            ("In progress", statuses.InProgress, Color.Blue),
            ("Unknown", statuses.Unknown, Color.Grey),
            ("Superseded", statuses.Superseded, Color.Silver),
        ]);
    }

    /// <summary>Onboarding status and agent health of one scope, as Configuration Manager's dashboard has them.</summary>
    public static void ShowHealth(Terminal terminal, ScopeAnswer scope)
    {
        var percent = scope.Eligible == 0
            ? "no data"
            : string.Create(CultureInfo.InvariantCulture, $"{100.0 * scope.Onboarded / scope.Eligible:F1} %");
        ShowBars(terminal, $"Onboarding status: {percent} ({scope.Onboarded} of {scope.Eligible} that were reached)",
        [
            ("Onboarded", scope.Onboarded, Color.Green),
            ("Not onboarded", scope.NotOnboarded, Color.Red),
            ("Never reached", scope.NeverReached, Color.Grey),
        ]);
        ShowBars(terminal, "Agent health",
        [
            ("Healthy", scope.Healthy, Color.Green),
            ("Agent state", scope.AgentState, Color.Yellow),
            ("Inactive", scope.Inactive, Color.Orange1),
            ("Not onboarded", scope.NotOnboarded, Color.Red),
        ]);
        var onOldKey = scope.OnOldEnrollmentKey > 0 ? $", {scope.OnOldEnrollmentKey} on an old enrollment key" : "";
        terminal.Say($"{scope.Devices} devices, {scope.Targeted} targeted, {scope.Offboarding} offboarding{onOldKey}");
    }

    private static void ShowBars(Terminal terminal, string title, IEnumerable<(string Label, int Value, Color Color)> items)
    {
        terminal.Say("");
        terminal.Console.Write(new Text(title + Environment.NewLine, new Style(decoration: Decoration.Bold)));
        terminal.Console.Write(new BarChart { Width = BarWidth, Culture = CultureInfo.InvariantCulture }
            .AddItems(items, item => new BarChartItem(item.Label, item.Value, item.Color)));
    }
}
