using System.CommandLine;

namespace Atp.Cli.Devices;

internal static class DeviceCommand
{
    public static Command Create(Terminal terminal) => new("device", "The inventory of devices")
    {
        DeviceImportCommand.Create(terminal),
        DeviceListCommand.Create(terminal),
    };
}
