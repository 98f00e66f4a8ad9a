using System.CommandLine;
using Atp.Cli.Output;

namespace Atp.Cli.Collections;

internal static class CollectionDeleteCommand
{
    public static Command Create(Terminal terminal)
    {
        var (server, confirmation, revision) = (new ServerOptions(), new Confirmation(), CommonOptions.IfMatch());
        var id = CommonOptions.CollectionId(server);
        var command = new Command("delete", "Delete a collection that no deployment in force targets; its devices stay") { id, revision };
        confirmation.AddTo(command);
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var client = server.Connect(parse);
            var collection = await client.GetCollectionAsync(parse.GetRequiredValue(id), ct);
            await confirmation.AskAsync(
                terminal, parse, $"Collection {collection.Name} ({Cell.Count(collection.Members ?? 0, "member")}) will be deleted. This can't be undone.", ct);
            await client.DeleteCollectionAsync(collection.Id, parse.GetValue(revision) ?? collection.Revision, ct);
            server.Answers(terminal, parse).One(
                collection, CollectionListCommand.Columns, () => terminal.Say($"{collection.Name} is deleted. Its devices stay."));
        });
        return command;
    }
}
