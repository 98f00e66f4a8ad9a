using System.CommandLine;
using Atp.Cli.Client;

namespace Atp.Cli.Collections;

internal static class CollectionAddCommand
{
    private const int MostPerCall = 10_000;

    public static Command Create(Terminal terminal)
    {
        var id = new Argument<string>("id") { Description = "The collection's id" };
        var devices = new Argument<string[]>("devices")
        {
            Description = "Device ids; none: one per line from standard input",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command("add", "Add devices as direct members") { id, devices };
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var client = server.Connect(parse);
            var collection = parse.GetRequiredValue(id);
            var given = parse.GetValue(devices) is { Length: > 0 } ids ? ids : await ReadAsync(terminal, ct);
            foreach (var chunk in given.Chunk(MostPerCall))
            {
                await client.AddMembersAsync(collection, chunk, ct);
            }

            var answer = await client.GetCollectionAsync(collection, ct);
            await server.Answers(terminal, parse).OneAsync(
                answer, CollectionListCommand.Columns, () => CollectionShowCommand.ShowAsync(terminal, client, answer, ct));
        });
        return command;
    }

    private static async Task<string[]> ReadAsync(Terminal terminal, CancellationToken ct)
    {
        var ids = new List<string>();
        while (await terminal.Input.ReadLineAsync(ct) is { } line)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                ids.Add(line.Trim());
            }
        }

        return [.. ids];
    }
}
