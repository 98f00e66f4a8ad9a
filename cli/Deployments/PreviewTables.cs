using System.Globalization;
using Atp.Cli.Client;
using Atp.Cli.Output;

namespace Atp.Cli.Deployments;

/// <summary>Previews as tables.</summary>
internal static class PreviewTables
{
    private static readonly IReadOnlyList<Column<Part>> PartColumns =
    [
        new("Outcome", part => part.Outcome),
        new("What", part => part.What),
        new("Devices", part => part.Devices) { Format = "N0" },
        new("For example", part => Names(part.Sample)),
    ];

    private static readonly IReadOnlyList<Column<PreviewedChange>> ChangeColumns =
    [
        new("From", change => $"{change.From.PolicyName} ({change.From.DeploymentId})"),
        new("To", change => $"{change.To.PolicyName} ({change.To.DeploymentId})"),
        new("Devices", change => change.Devices) { Format = "N0" },
        new("Platforms", change => ByPlatform(change.Platforms)),
        new("Newly failing", change => change.NewlyFailing) { Format = "N0" },
        new("No longer failing", change => change.NoLongerFailing) { Format = "N0" },
        new("For example", change => Names(change.Sample)),
    ];

    public static void Show(Answers answers, Terminal terminal, DeploymentPreviewAnswer preview)
    {
        var parts = Parts(preview).ToList();
        answers.One(preview, parts, PartColumns, () =>
        {
            terminal.Say($"{preview.PolicyName}: {preview.Devices} devices" + (preview.DaysLeft is { } days ? $", {days} days left of the file" : ""));
            terminal.ShowTable(parts, PartColumns);
        });
    }

    public static void Show(Answers answers, Terminal terminal, OrderPreviewAnswer preview) => answers.One(preview, preview.Changes, ChangeColumns, () =>
    {
        foreach (var order in preview.Orders)
        {
            terminal.Say($"{order.PolicyName}: order {order.From}, then {order.To}");
        }

        terminal.Say(
            $"{preview.Devices} devices would go to another deployment; {preview.NewlyFailing} would fail that don't, "
            + $"{preview.NoLongerFailing} would no longer fail");
        if (preview.Changes.Count > 0)
        {
            terminal.ShowTable(preview.Changes, ChangeColumns);
        }

        if (preview.ChangesNotListed > 0)
        {
            terminal.Say($"and {preview.ChangesNotListed} more pairs of deployments");
        }
    });

    private static IEnumerable<Part> Parts(DeploymentPreviewAnswer preview)
    {
        foreach (var delivery in preview.WouldSucceed.Deliveries)
        {
            yield return new Part("Would succeed", $"{delivery.Platform}: {delivery.Delivery}", delivery.Devices, []);
        }

        foreach (var reason in preview.WouldFail.Reasons)
        {
            yield return new Part("Would fail", $"{reason.Detail} ({ByPlatform(reason.Platforms)})", reason.Devices, reason.Sample);
        }

        if (preview.RequirementsNotMet.Devices > 0)
        {
            yield return new Part("Requirements not met",
                string.Join(", ", preview.RequirementsNotMet.OperatingSystems.Select(system => $"{system.Name}: {system.Devices}")),
                preview.RequirementsNotMet.Devices, preview.RequirementsNotMet.Sample);
        }

        if (preview.Held.Devices > 0)
        {
            var holders = string.Join(", ", preview.Held.Deployments.Select(h => $"{h.PolicyName} ({h.DeploymentId}): {h.Devices}"));
            yield return new Part("Held by a better order",
                preview.Held.DeploymentsNotListed == 0 ? holders : $"{holders} and {preview.Held.DeploymentsNotListed} more deployments",
                preview.Held.Devices, preview.Held.Sample);
        }
    }

    private static string Names(IReadOnlyList<SampledDevice> sample) => string.Join(", ", sample.Select(device => device.Name ?? device.DeviceId));

    private static string ByPlatform(PlatformsAnswer? platforms) => string.Join(", ", new (int Devices, string Name)[]
    {
        (platforms?.UpLevel ?? 0, "up-level"), (platforms?.DownLevel ?? 0, "down-level"), (platforms?.Unsupported ?? 0, "unsupported"),
    }.Where(platform => platform.Devices > 0).Select(platform => $"{Number(platform.Devices)} {platform.Name}"));

    private static string Number(int value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private sealed record Part(string Outcome, string What, int Devices, IReadOnlyList<SampledDevice> Sample);
}
