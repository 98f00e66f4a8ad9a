using System.CommandLine;

namespace Atp.Cli.Collections;

internal static class CollectionCommand
{
    public static Command Create(Terminal terminal) => new("collection", "Collections of devices")
    {
        CollectionCreateCommand.Create(terminal),
        CollectionUpdateCommand.Create(terminal),
        CollectionAddCommand.Create(terminal),
        CollectionListCommand.Create(terminal),
        CollectionShowCommand.Create(terminal),
    };
}
