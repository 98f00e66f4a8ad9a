using System.CommandLine;
using System.Globalization;
using Atp.Cli.Client;
using Spectre.Console;

namespace Atp.Cli.Devices;

internal static class DeviceListCommand
{
    private const int PageSize = 1000;
    private const int DefaultTop = 1000;
    private const int MostTop = 1_000_000;

    public static Command Create(Terminal terminal)
    {
        var scope = new Option<string?>("--scope") { Description = "Of this scope, as `status --by` names it: collection!ID, os!NAME, …" };
        var health = new Option<string?>("--health") { Description = "Behind this figure of the scope: Healthy, NotOnboarded, Onboarded, …" };
        var deployment = new Option<string?>("--deployment") { Description = "That this deployment targets" };
        var status = new Option<string?>("--status") { Description = "On which that deployment stands so: Success, Error, …" };
        var name = new Option<string?>("--name") { Description = "With a name like this; * and ? stand for any characters" };
        var top = new Option<int>("--top") { Description = "So many at most", DefaultValueFactory = _ => DefaultTop };
        top.MustBeBetween(1, MostTop);
        var command = new Command("list", "List devices: all, or those behind a figure") { scope, health, deployment, status, name, top };
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var most = parse.GetValue(top);
            var deploymentId = parse.GetValue(deployment);
            var devices = new List<DeviceAnswer>();
            await foreach (var device in server.Connect(parse).ListDevicesAsync(
                [
                    ("scope", parse.GetValue(scope)), ("health", parse.GetValue(health)), ("deploymentId", deploymentId),
                    ("status", parse.GetValue(status)), ("name", parse.GetValue(name)),
                ], Math.Min(most + 1, PageSize), ct))
            {
                devices.Add(device);
                if (devices.Count > most)
                {
                    break;
                }
            }

            var shown = devices.Take(most).ToList();
            if (server.IsJson(parse))
            {
                terminal.SayJson(shown);
            }
            else
            {
                Show(terminal, shown, deploymentId);
            }

            if (devices.Count > most)
            {
                terminal.Complain($"There are more than these {most}: --top shows more, --scope, --health and --name narrow it down.");
            }
        });
        return command;
    }

    private static void Show(Terminal terminal, List<DeviceAnswer> devices, string? deploymentId)
    {
        var table = new Table().AddColumns("Id", "Name", "Operating system", "Health", "Status", "Last seen");
        foreach (var device in devices)
        {
            // The deployment that was asked for, else the one that decides.
            var target = device.Targets.FirstOrDefault(t => deploymentId is null || t.DeploymentId == deploymentId);
            table.AddRow(
                Markup.Escape(device.Id), Markup.Escape(device.Name ?? ""), Markup.Escape(device.OperatingSystem ?? ""), device.Health ?? "",
                target?.Status ?? "", device.LastSeen?.ToString("u", CultureInfo.InvariantCulture) ?? "");
        }

        terminal.Console.Write(table);
    }
}
