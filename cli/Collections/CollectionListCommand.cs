using System.CommandLine;
using Atp.Cli.Client;
using Atp.Cli.Output;

namespace Atp.Cli.Collections;

internal static class CollectionListCommand
{
    /// <summary>What a list says of a collection; of a single one there are members too.</summary>
    public static readonly IReadOnlyList<Column<CollectionAnswer>> Columns =
    [
        new("Name", collection => collection.Name),
        new("Query", CollectionShowCommand.Query),
        new("Id", collection => collection.Id) { IsWhole = true },
        new("Description", collection => collection.Description) { InTable = false },
        new("Revision", collection => collection.Revision) { InTable = false },
        new("Include collection ids", collection => collection.IncludeCollectionIds) { InTable = false },
        new("Exclude collection ids", collection => collection.ExcludeCollectionIds) { InTable = false },
        new("Limiting collection id", collection => collection.LimitingCollectionId) { InTable = false },
        new("Down level agent", collection => collection.DownLevelAgent) { InTable = false },
        new("Members", collection => collection.Members) { InTable = false },
    ];

    public static Command Create(Terminal terminal)
    {
        var top = CommonOptions.Top();
        var command = new Command("list", "List collections") { top };
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            await server.Answers(terminal, parse).ListAsync(server.Connect(parse).ListCollectionsAsync(ct), Columns, parse.GetValue(top), null, ct);
        });
        return command;
    }
}
