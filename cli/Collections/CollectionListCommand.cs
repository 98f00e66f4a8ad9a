using System.CommandLine;
using Atp.Cli.Client;
using Spectre.Console;

namespace Atp.Cli.Collections;

internal static class CollectionListCommand
{
    public static Command Create(Terminal terminal)
    {
        var command = new Command("list", "List collections");
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var collections = new List<CollectionAnswer>();
            await foreach (var collection in server.Connect(parse).ListCollectionsAsync(ct))
            {
                collections.Add(collection);
            }

            if (server.IsJson(parse))
            {
                terminal.SayJson(collections);
                return;
            }

            var table = new Table().AddColumns("Name", "Query", "Id");
            foreach (var collection in collections)
            {
                table.AddRow(Markup.Escape(collection.Name), Markup.Escape(CollectionShowCommand.Query(collection)), collection.Id);
            }

            terminal.Console.Write(table);
        });
        return command;
    }
}
