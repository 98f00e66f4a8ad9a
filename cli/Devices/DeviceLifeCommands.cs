using System.CommandLine;
using Atp.Cli.Client;

namespace Atp.Cli.Devices;

internal static class DeviceLifeCommands
{
    public static Command Retire(Terminal terminal)
    {
        var id = DeviceShowCommand.IdArgument();
        var reason = new Option<string>("--reason") { Description = "Why, for people", Required = true };
        var replacedBy = new Option<string?>("--replaced-by") { Description = "The id that the same computer has now" };
        return Create(terminal, new Command("retire", "Take a device out of use: it counts nowhere, and can be reinstated") { id, reason, replacedBy },
            (client, parse, ct) => client.RetireDeviceAsync(
                parse.GetRequiredValue(id), parse.GetRequiredValue(reason), parse.GetValue(replacedBy), ct));
    }

    public static Command Reinstate(Terminal terminal)
    {
        var id = DeviceShowCommand.IdArgument();
        return Create(terminal, new Command("reinstate", "Take a retired device back into use, as it was") { id },
            (client, parse, ct) => client.ReinstateDeviceAsync(parse.GetRequiredValue(id), ct));
    }

    /// <summary>Asks for the device in some way, and shows it.</summary>
    internal static Command Create(
        Terminal terminal, Command command, Func<AtpClient, ParseResult, CancellationToken, Task<DeviceAnswer>> ask)
    {
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var device = await ask(server.Connect(parse), parse, ct);
            server.Answers(terminal, parse).One(device, DeviceListCommand.Columns, () => DeviceShowCommand.Show(terminal, device));
        });
        return command;
    }
}
