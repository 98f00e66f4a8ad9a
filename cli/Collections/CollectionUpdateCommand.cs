using System.CommandLine;
using Atp.Cli.Client;

namespace Atp.Cli.Collections;

internal static class CollectionUpdateCommand
{
    public static Command Create(Terminal terminal)
    {
        var server = new ServerOptions();
        var id = CommonOptions.CollectionId(server);
        var noQuery = new Option<bool>("--no-query") { Description = "Take the query rules away" };
        var revision = CommonOptions.IfMatch();
        var command = new Command("update", "Change a collection; what isn't given stays as it is") { id, noQuery, revision };
        var options = new CollectionOptions(command, needsName: false);
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var client = server.Connect(parse);
            var edit = options.Read(parse);
            if (parse.GetValue(noQuery))
            {
                edit = edit.Rules is null ? edit with { Rules = [] } : throw new CommandException("Give a query or --no-query, not both.");
            }

            if (edit == new CollectionBody())
            {
                throw new CommandException("Nothing to change was given. `atp collection update --help` says what there is.");
            }

            var collectionId = parse.GetRequiredValue(id);
            var from = parse.GetValue(revision) ?? (await client.GetCollectionAsync(collectionId, ct)).Revision;
            var collection = await options.WaitAsync(parse, client, await client.UpdateCollectionAsync(collectionId, from, edit, ct), ct);
            await server.Answers(terminal, parse).OneAsync(
                collection, CollectionListCommand.Columns, () => CollectionShowCommand.ShowAsync(terminal, client, collection, ct));
        });
        return command;
    }
}
