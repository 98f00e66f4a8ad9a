using System.CommandLine;

namespace Atp.Cli.Collections;

internal static class CollectionCreateCommand
{
    public static Command Create(Terminal terminal)
    {
        var command = new Command("create", "Create a collection, by a query, by other collections, or for direct members");
        var options = new CollectionOptions(command, needsName: true);
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var client = server.Connect(parse);
            var collection = await options.WaitAsync(parse, client, await client.CreateCollectionAsync(options.Read(parse), ct), ct);
            await server.Answers(terminal, parse).OneAsync(collection, CollectionListCommand.Columns, () =>
            {
                terminal.Say($"Created collection {collection.Id}");
                return CollectionShowCommand.ShowAsync(terminal, client, collection, ct);
            });
        });
        return command;
    }
}
