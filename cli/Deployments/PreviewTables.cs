using System.Globalization;
using Atp.Cli.Client;
using Spectre.Console;

namespace Atp.Cli.Deployments;

/// <summary>Previews as tables.</summary>
internal static class PreviewTables
{
    public static void Show(Terminal terminal, DeploymentPreviewAnswer preview)
    {
        terminal.Say($"{preview.PolicyName}: {preview.Devices} devices" + (preview.DaysLeft is { } days ? $", {days} days left of the file" : ""));
        var table = new Table().AddColumns("Outcome", "What", "Devices", "For example");
        void Row(string outcome, string? what, int devices, IReadOnlyList<SampledDevice> sample) =>
            table.AddRow(outcome, Markup.Escape(what ?? ""), Number(devices), Markup.Escape(Names(sample)));

        foreach (var delivery in preview.WouldSucceed.Deliveries)
        {
            Row("Would succeed", $"{delivery.Platform}: {delivery.Delivery}", delivery.Devices, []);
        }

        foreach (var reason in preview.WouldFail.Reasons)
        {
            Row("Would fail", $"{reason.Detail} ({ByPlatform(reason.Platforms)})", reason.Devices, reason.Sample);
        }

        if (preview.RequirementsNotMet.Devices > 0)
        {
            Row("Requirements not met",
                string.Join(", ", preview.RequirementsNotMet.OperatingSystems.Select(system => $"{system.Name}: {system.Devices}")),
                preview.RequirementsNotMet.Devices, preview.RequirementsNotMet.Sample);
        }

        if (preview.Held.Devices > 0)
        {
            var holders = string.Join(", ", preview.Held.Deployments.Select(h => $"{h.PolicyName} ({h.DeploymentId}): {h.Devices}"));
            Row("Held by a better order",
                preview.Held.DeploymentsNotListed == 0 ? holders : $"{holders} and {preview.Held.DeploymentsNotListed} more deployments",
                preview.Held.Devices, preview.Held.Sample);
        }

        terminal.Console.Write(table);
    }

    public static void Show(Terminal terminal, OrderPreviewAnswer preview)
    {
        foreach (var order in preview.Orders)
        {
            terminal.Say($"{order.PolicyName}: order {order.From}, then {order.To}");
        }

        terminal.Say(
            $"{preview.Devices} devices would go to another deployment; {preview.NewlyFailing} would fail that don't, "
            + $"{preview.NoLongerFailing} would no longer fail");
        if (preview.Changes.Count == 0)
        {
            return;
        }

        var table = new Table().AddColumns("From", "To", "Devices", "Newly failing", "No longer failing", "For example");
        foreach (var change in preview.Changes)
        {
            table.AddRow(
                Markup.Escape($"{change.From.PolicyName} ({change.From.DeploymentId})"),
                Markup.Escape($"{change.To.PolicyName} ({change.To.DeploymentId})"),
                $"{Number(change.Devices)} ({ByPlatform(change.Platforms)})",
                Number(change.NewlyFailing), Number(change.NoLongerFailing), Markup.Escape(Names(change.Sample)));
        }

        terminal.Console.Write(table);
        if (preview.ChangesNotListed > 0)
        {
            terminal.Say($"and {preview.ChangesNotListed} more pairs of deployments");
        }
    }

    private static string Names(IReadOnlyList<SampledDevice> sample) => string.Join(", ", sample.Select(device => device.Name ?? device.DeviceId));

    private static string ByPlatform(PlatformsAnswer? platforms) => string.Join(", ", new (int Devices, string Name)[]
    {
        (platforms?.UpLevel ?? 0, "up-level"), (platforms?.DownLevel ?? 0, "down-level"), (platforms?.Unsupported ?? 0, "unsupported"),
    }.Where(platform => platform.Devices > 0).Select(platform => $"{Number(platform.Devices)} {platform.Name}"));

    private static string Number(int value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
