using System.CommandLine;

namespace Atp.Cli.Collections;

internal static class CollectionCommand
{
    public static Command Create(Terminal terminal) => new("collection", "Collections of devices")
    {
        CollectionListCommand.Create(terminal),
        CollectionShowCommand.Create(terminal),
        CollectionCreateCommand.Create(terminal),
        CollectionUpdateCommand.Create(terminal),
        CollectionDeleteCommand.Create(terminal),
        CollectionMembersCommand.Create(terminal),
        CollectionMemberChanges.Add(terminal),
        CollectionMemberChanges.Remove(terminal),
    };
}
