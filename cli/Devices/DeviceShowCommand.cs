using System.CommandLine;
using System.Globalization;
using Atp.Cli.Client;
using Spectre.Console;

namespace Atp.Cli.Devices;

internal static class DeviceShowCommand
{
    public static Argument<string> IdArgument() => new("id") { Description = "The device's id" };

    public static Command Create(Terminal terminal)
    {
        var id = IdArgument();
        return DeviceLifeCommands.Create(terminal,
            new Command("show", "Show a device: what it is, which policy holds it, why the others don't, how it stands, and what to do") { id },
            (client, parse, ct) => client.GetDeviceAsync(parse.GetRequiredValue(id), ct));
    }

    public static void Show(Terminal terminal, DeviceAnswer device)
    {
        var table = new Table().HideHeaders().AddColumns("", "");
        void Row(string label, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                table.AddRow(label, Markup.Escape(value));
            }
        }

        Row("Name", device.Name);
        Row("Id", device.Id);
        Row("System", string.Create(CultureInfo.InvariantCulture, $"{device.OperatingSystem}, build {device.Build}, {device.Platform}"));
        Row("Tags", string.Join(", ", device.Tags));
        Row("Monitoring Agent", device.MonitoringAgentVersion);
        Row("Defender client", device.DefenderClientVersion);
        Row("Credential", device.Enrolled ? device.Blocked ? "enrolled, blocked" : "enrolled" : "not enrolled");
        Row("Last seen", Time(device.LastSeen));
        Row("Last report", device.LastReport is { } report
            ? $"{Time(report.ReportedAt)}: onboarding state {report.OnboardingState}, service {(report.SenseIsRunning ? "runs" : "doesn't run")}, "
                + $"last connected {Time(report.LastConnected) ?? "never"}, organisation {report.OrgId ?? "none"}, file samples {report.FileSamples ?? "not told"}"
            : null);
        Row("Retired", Text(device.RetirementMessage));
        Row("Health", Text(device.HealthMessage));
        Row("File samples", Text(device.FileSamplesMessage));
        if (device.Targets.Count == 0)
        {
            Row("Policies", "No deployment targets this device.");
        }

        foreach (var target in device.Targets)
        {
            Row(target.Effective ? "Effective policy" : "Other policy",
                $"{target.PolicyName} ({target.Kind}, order {target.Order}), deployment {target.DeploymentId}\n{Text(target.Message)}");
            Row("  took", string.Join('\n', target.Deliveries.Select(delivery =>
                $"{Time(delivery.At)}  revision {delivery.Revision}{Part("file", delivery.FileSha256)}{Part("workspace", delivery.Workspace)}")));
            Row("  again", target.Redeliveries == 0 ? null : string.Create(
                CultureInfo.InvariantCulture, $"downloaded {target.Redeliveries} times more, last {Time(target.RedeliveredAt)}"));
        }

        terminal.Console.Write(table);
    }

    private static string? Text(MessageAnswer? message) =>
        message is null || message.WhatToDo is null ? message?.Text : $"{message.Text}\n{message.WhatToDo}";

    private static string Part(string label, string? fingerprint) => fingerprint is null ? "" : $"  {label} {fingerprint}";

    private static string? Time(DateTimeOffset? at) => at?.ToString("u", CultureInfo.InvariantCulture);
}
