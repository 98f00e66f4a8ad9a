using System.CommandLine;
using System.Globalization;
using Atp.Cli.Client;
using Atp.Cli.Output;

namespace Atp.Cli.Collections;

internal static class CollectionShowCommand
{
    public static Command Create(Terminal terminal)
    {
        var server = new ServerOptions();
        var id = CommonOptions.CollectionId(server);
        var command = new Command("show", "Show a collection") { id };
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

        string Named(IEnumerable<string> ids) => string.Join('\n', ids.Select(id => $"{names.GetValueOrDefault(id, "gone")} ({id})"));
        var evaluation = collection.Evaluation;
        terminal.ShowFacts(
        [
            ("Name", collection.Name), ("Id", collection.Id), ("Description", collection.Description), ("Revision", collection.Revision),
            ("Members", collection.Members), ("Query", Query(collection)), ("Includes", Named(collection.IncludeCollectionIds)),
            ("Excludes", Named(collection.ExcludeCollectionIds)), ("Limited to", Named(limit)), ("Down-level agent", collection.DownLevelAgent),
            ("Full evaluation", evaluation is null ? null : $"{evaluation.ShardsDone} of {evaluation.Shards} shards, {Time(evaluation.FullAt)}"),
            ("Incremental evaluation", evaluation is null ? null : Time(evaluation.IncrementalAt)),
        ]);
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
