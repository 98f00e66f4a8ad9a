using System.Globalization;
using Atp.Cli.Client;
using Spectre.Console;

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

        var queues = new Table().AddColumns("Queue", "Messages", "Poison");
        foreach (var queue in site.Queues)
        {
            queues.AddRow(queue.Name, Number(queue.Length), Number(queue.Poison));
        }

        terminal.Console.Write(queues);
        var timers = new Table().AddColumns("Timer", "Started", "Finished", "Result");
        foreach (var timer in site.Timers)
        {
            timers.AddRow(timer.Name, Time(timer.StartedAt), Time(timer.FinishedAt), timer.Result ?? "");
        }

        terminal.Console.Write(timers);
        foreach (var warning in site.Warnings)
        {
            terminal.Say($"Warning: {warning}");
        }
    }

    private static string Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("u", CultureInfo.InvariantCulture) ?? "";

    private static string Number(int value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
