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
            var client = server.Connect(parse);
            var collection = await client.GetCollectionAsync(parse.GetRequiredValue(id), ct);
            await server.Answers(terminal, parse).OneAsync(
                collection, CollectionListCommand.Columns, () => ShowAsync(terminal, client, collection, ct));
        });
        return command;
    }

    /// <summary>The collections that it refers to are shown by name.</summary>
    public static async Task ShowAsync(Terminal terminal, AtpClient client, CollectionAnswer collection, CancellationToken ct)
    {
        IReadOnlyList<string> limit = collection.LimitingCollectionId is { } limiting ? [limiting] : [];
        var names = new Dictionary<string, string>();
        if (collection.IncludeCollectionIds.Count + collection.ExcludeCollectionIds.Count + limit.Count > 0)
        {
            await foreach (var other in client.ListCollectionsAsync(ct))
            {
                names[other.Id] = other.Name;
            }
        }

        string Named(IEnumerable<string> ids) => Markup.Escape(string.Join('\n', ids.Select(id => $"{names.GetValueOrDefault(id, "gone")} ({id})")));
        var table = new Table().HideHeaders().AddColumns("", "")
            .AddRow("Name", Markup.Escape(collection.Name))
            .AddRow("Id", collection.Id)
            .AddRow("Members", collection.Members?.ToString(CultureInfo.InvariantCulture) ?? "")
            .AddRow("Query", Markup.Escape(Query(collection)))
            .AddRow("Includes", Named(collection.IncludeCollectionIds))
            .AddRow("Excludes", Named(collection.ExcludeCollectionIds))
            .AddRow("Limited to", Named(limit))
            .AddRow("Down-level agent", collection.DownLevelAgent ?? "");
        if (collection.Evaluation is { } evaluation)
        {
            table.AddRow("Full evaluation", $"{evaluation.ShardsDone} of {evaluation.Shards} shards, {Time(evaluation.FullAt)}")
                .AddRow("Incremental evaluation", Time(evaluation.IncrementalAt));
        }

        terminal.Console.Write(table);
    }

    private static string Time(DateTimeOffset? at) => at?.ToString("u", CultureInfo.InvariantCulture) ?? "not yet";

    public static string Query(CollectionAnswer collection) => string.Join(" or ", collection.Rules.Select(rule => string.Join(" and ",
        new[]
        {
            rule.OperatingSystem is null ? null : $"operating system {rule.OperatingSystem}",
            rule.NamePattern is null ? null : $"name {rule.NamePattern}",
            rule.Tag is null ? null : $"tag {rule.Tag}",
        }.Where(condition => condition is not null))));
}
