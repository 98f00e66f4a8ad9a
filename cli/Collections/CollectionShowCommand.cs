using System.CommandLine;
using System.Globalization;
using Atp.Cli.Client;
using Spectre.Console;

namespace Atp.Cli.Collections;

internal static class CollectionShowCommand
{
    public static Command Create(Terminal terminal)
    {
        var id = new Argument<string>("id") { Description = "The collection's id" };
        var command = new Command("show", "Show a collection") { id };
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var collection = await server.Connect(parse).GetCollectionAsync(parse.GetRequiredValue(id), ct);
            if (server.IsJson(parse))
            {
                terminal.SayJson(collection);
            }
            else
            {
                Show(terminal, collection);
            }
        });
        return command;
    }

    public static void Show(Terminal terminal, CollectionAnswer collection)
    {
        var table = new Table().HideHeaders().AddColumns("", "")
            .AddRow("Name", Markup.Escape(collection.Name))
            .AddRow("Id", collection.Id)
            .AddRow("Members", collection.Members?.ToString(CultureInfo.InvariantCulture) ?? "")
            .AddRow("Query", Markup.Escape(Query(collection)));
        if (collection.Evaluation is { } evaluation)
        {
            table.AddRow("Evaluated", $"{evaluation.ShardsDone} of {evaluation.Shards} shards");
        }

        terminal.Console.Write(table);
    }

    public static string Query(CollectionAnswer collection) => string.Join(" or ", collection.Rules.Select(rule => string.Join(" and ",
        new[]
        {
            rule.OperatingSystem is null ? null : $"operating system {rule.OperatingSystem}",
            rule.NamePattern is null ? null : $"name {rule.NamePattern}",
            rule.Tag is null ? null : $"tag {rule.Tag}",
        }.Where(condition => condition is not null))));
}
