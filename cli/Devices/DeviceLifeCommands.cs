using System.CommandLine;
using Atp.Cli.Client;

namespace Atp.Cli.Devices;

internal static class DeviceLifeCommands
{
    public static Command Retire(Terminal terminal)
    {
        var id = CommonOptions.DeviceId();
        var reason = new Option<string>("--reason") { Description = "Why, for people", Required = true };
        var replacedBy = new Option<string?>("--replaced-by") { Description = "The id that the same computer has now" };
        return Create(terminal, new Command("retire", "Take a device out of use: it counts nowhere, and can be reinstated") { id, reason, replacedBy },
            (client, parse, ct) => client.RetireDeviceAsync(
                parse.GetRequiredValue(id), parse.GetRequiredValue(reason), parse.GetValue(replacedBy), ct));
    }

    public static Command Block(Terminal terminal) => SetBlocked(
        terminal, new Command("block", "Refuse a device until it is unblocked: it gets nothing, and its reports are dropped"), blocked: true);

    public static Command Unblock(Terminal terminal) => SetBlocked(terminal, new Command("unblock", "Let a blocked device in again"), blocked: false);

    public static Command Delete(Terminal terminal)
    {
        var (server, confirmation) = (new ServerOptions(), new Confirmation());
        var id = CommonOptions.DeviceId();
        var command = new Command("delete", "Delete a device and all that is known of it; `device retire` keeps it") { id };
        confirmation.AddTo(command);
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var client = server.Connect(parse);
            var device = await client.GetDeviceAsync(parse.GetRequiredValue(id), ct);
            await confirmation.AskAsync(terminal, parse,
                $"Device {device.Name} ({device.Id}) will be deleted, with its assignments and its key. This can't be undone; `atp device retire` can.", ct);
            await client.DeleteDeviceAsync(device.Id, ct);
            server.Answers(terminal, parse).One(device, DeviceListCommand.Columns, () => terminal.Say($"{device.Name} is deleted."));
        });
        return command;
    }

    private static Command SetBlocked(Terminal terminal, Command command, bool blocked)
    {
        var id = CommonOptions.DeviceId();
        command.Add(id);
        return Create(terminal, command, async (client, parse, ct) =>
        {
            await client.BlockDeviceAsync(parse.GetRequiredValue(id), blocked, ct);
            return await client.GetDeviceAsync(parse.GetRequiredValue(id), ct);
        });
    }

    public static Command Reinstate(Terminal terminal)
    {
        var id = CommonOptions.DeviceId();
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
