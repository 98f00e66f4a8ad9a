using System.CommandLine;

namespace Atp.Cli.Devices;

internal static class DeviceCommand
{
    public static Command Create(Terminal terminal) => new("device", "The inventory of devices, and how each stands")
    {
        DeviceListCommand.Create(terminal),
        DeviceShowCommand.Create(terminal),
        DeviceImportCommand.Create(terminal),
        DeviceEnrollCommand.Create(terminal),
        DeviceLifeCommands.Block(terminal),
        DeviceLifeCommands.Unblock(terminal),
        DeviceLifeCommands.Retire(terminal),
        DeviceLifeCommands.Reinstate(terminal),
        DeviceLifeCommands.Delete(terminal),
    };
}
