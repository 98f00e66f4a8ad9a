using System.CommandLine;

namespace Atp.Cli.Devices;

internal static class DeviceCommand
{
    public static Command Create(Terminal terminal) => new("device", "The inventory of devices, and how each stands")
    {
        DeviceImportCommand.Create(terminal),
        DeviceListCommand.Create(terminal),
        DeviceShowCommand.Create(terminal),
        DeviceEnrollCommand.Create(terminal),
        DeviceLifeCommands.Retire(terminal),
        DeviceLifeCommands.Reinstate(terminal),
    };
}
