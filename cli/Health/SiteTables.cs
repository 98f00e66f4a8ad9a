using System.Globalization;
using Atp.Cli.Client;
using Atp.Cli.Output;

namespace Atp.Cli.Health;

/// <summary>The prerequisites, and what is not as it should be.</summary>
internal static class SiteTables
{
    public static void Show(Terminal terminal, SiteAnswer site)
    {
        terminal.Say($"Configuration Manager {site.ConfigurationManager.Version}, {site.Shards} shards");
        foreach (var line in site.ConfigurationManager.Supports)
        {
            terminal.Say($"  {line}");
        }

        terminal.Say(site.Organisations.Count == 0
            ? "No device is onboarded to an organisation yet"
            : "Organisations: " + string.Join(", ", site.Organisations.Select(o => $"{o.OrgId} ({Number(o.Devices)} devices)")));
        terminal.Say($"Your roles: {string.Join(", ", site.Roles.Yours)} (of {string.Join(", ", site.Roles.All)})");
        terminal.Say(site.EnrollmentKeys is { } keys
            ? string.Create(CultureInfo.InvariantCulture, $"Enrollment keys: generation {keys.Generation}, {keys.AgeDays} days old")
                + (keys.RotatedAt is null ? "" : $", rotated at {Time(keys.RotatedAt)}")
                + (keys.SecondaryVersion is null ? "" : $"; the old key is still valid, {Number(keys.DevicesOnOldKey ?? 0)} devices on it")
            : "Enrollment keys: none yet; the first enrollment makes them");

        terminal.ShowTable(site.Queues,
            [new("Queue", queue => queue.Name), new("Messages", queue => queue.Length) { Format = "N0" }, new("Poison", queue => queue.Poison) { Format = "N0" }]);
        terminal.ShowTable(site.Timers,
            [
                new("Timer", timer => timer.Name), new("Started", timer => timer.StartedAt), new("Finished", timer => timer.FinishedAt),
                new("Result", timer => timer.Result),
            ]);
        foreach (var warning in site.Warnings)
        {
            terminal.Say($"Warning: {warning}");
        }
    }

    private static string Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("u", CultureInfo.InvariantCulture) ?? "";

    private static string Number(int value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
