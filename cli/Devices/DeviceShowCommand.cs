using System.CommandLine;
using System.Globalization;
using Atp.Cli.Client;
using Atp.Cli.Output;

namespace Atp.Cli.Devices;

/// <summary>How a device stands and why, first in a sentence, then what to do, then the facts, then what happened when.</summary>
internal static class DeviceShowCommand
{
    private static readonly IReadOnlyList<Column<TargetAnswer>> TargetColumns =
    [
        new("Other policy", target => $"{target.PolicyName} ({target.Kind}, order {target.Order})"),
        new("Deployment", target => target.DeploymentId),
        new("Why it doesn't decide", target => target.Message.Text),
    ];

    private static readonly IReadOnlyList<Column<(DateTimeOffset At, string What)>> EventColumns =
    [
        new("At", happening => happening.At) { IsWhole = true },
        new("What", happening => happening.What),
    ];

    public static Command Create(Terminal terminal)
    {
        var id = CommonOptions.DeviceId();
        return DeviceLifeCommands.Create(terminal,
            new Command("show", "Explain a device: how it stands and why, what to do, which policy holds it, and what it took and reported when") { id },
            (client, parse, ct) => client.GetDeviceAsync(parse.GetRequiredValue(id), ct));
    }

    public static void Show(Terminal terminal, DeviceAnswer device)
    {
        terminal.Say(DeviceExplanation.Sentence(device));
        foreach (var advice in DeviceExplanation.WhatToDo(device))
        {
            terminal.Say($"What to do: {advice}");
        }

        var (effective, reason) = (DeviceExplanation.Effective(device), DeviceExplanation.Reason(device));
        terminal.ShowFacts(
        [
            ("Name", device.Name), ("Id", device.Id),
            ("System", string.Create(CultureInfo.InvariantCulture, $"{device.OperatingSystem}, build {device.Build}, {device.Platform}")),
            ("Tags", device.Tags), ("Monitoring Agent", device.MonitoringAgentVersion), ("Defender client", device.DefenderClientVersion),
            ("Credential", device.Enrolled ? device.Blocked ? "enrolled, blocked" : "enrolled" : "not enrolled"),
            ("Last seen", device.LastSeen),
            ("Effective policy", effective is null ? "none" : $"{effective.PolicyName} ({effective.Kind}, order {effective.Order}), deployment {effective.DeploymentId}"),
            ("Deployment", effective?.Message == reason ? null : effective?.Message.Text),
            ("Health", device.HealthMessage == reason ? null : device.HealthMessage?.Text),
            ("File samples", device.FileSamplesMessage?.Text),
            ("Organisation", device.LastReport?.OrgId),
        ]);
        var others = device.Targets.Where(target => !target.Effective).ToList();
        if (others.Count > 0)
        {
            terminal.ShowTable(others, TargetColumns);
        }

        var events = Timeline(device).OrderBy(happening => happening.At).ToList();
        if (events.Count > 0)
        {
            terminal.ShowTable(events, EventColumns);
        }
    }

    private static IEnumerable<(DateTimeOffset At, string What)> Timeline(DeviceAnswer device)
    {
        foreach (var target in device.Targets)
        {
            if (target.PlacedAt is { } placed)
            {
                yield return (placed, $"targeted by policy {target.PolicyName}");
            }

            foreach (var delivery in target.Deliveries)
            {
                yield return (delivery.At, $"took revision {delivery.Revision} of {target.PolicyName}"
                    + Part("file", delivery.FileSha256) + Part("workspace", delivery.Workspace));
            }

            if (target.RedeliveredAt is { } again)
            {
                yield return (again, $"downloaded {target.PolicyName} once more, {target.Redeliveries} times in all");
            }

            if (target.ReportedAt is { } reported)
            {
                yield return (reported, $"reported {(target.ErrorCode is null ? target.Status : $"error {target.ErrorCode}")} for revision {target.ReportedRevision} of {target.PolicyName}");
            }
        }

        if (device.LastReport is { } report)
        {
            yield return (report.ReportedAt, $"reported: onboarding state {report.OnboardingState}, service {(report.SenseIsRunning ? "runs" : "doesn't run")}, "
                + $"last connected {(report.LastConnected is { } at ? Cell.ForTable(at) : "never")}, organisation {report.OrgId ?? "none"}, "
                + $"file samples {report.FileSamples ?? "not told"}");
        }
    }

    private static string Part(string label, string? fingerprint) => fingerprint is null ? "" : $", {label} {fingerprint}";
}
