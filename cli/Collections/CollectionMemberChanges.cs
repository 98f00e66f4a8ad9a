using System.CommandLine;
using Atp.Cli.Client;
using Atp.Cli.Output;

namespace Atp.Cli.Collections;

/// <summary>Direct members, in bulk.</summary>
internal static class CollectionMemberChanges
{
    private const int MostPerCall = 10_000;
    private const int MostNamed = 20;

    public static Command Add(Terminal terminal) => Create(
        terminal, new Command("add", "Add devices as direct members"), "added", "already there", (client, id, devices, ct) => client.AddMembersAsync(id, devices, ct));

    public static Command Remove(Terminal terminal) => Create(
        terminal, new Command("remove", "Remove devices that are direct members; those by a query or another collection stay"), "removed", "not there",
        (client, id, devices, ct) => client.RemoveMembersAsync(id, devices, ct));

    private static Command Create(
        Terminal terminal, Command command, string done, string unchanged,
        Func<AtpClient, string, IReadOnlyList<string>, CancellationToken, Task<MembersChangeAnswer>> change)
    {
        var server = new ServerOptions();
        var id = CommonOptions.CollectionId(server);
        var devices = new Argument<string[]>("devices")
        {
            Description = "Device ids; none: one per line from standard input",
            Arity = ArgumentArity.ZeroOrMore,
        };
        command.Add(id);
        command.Add(devices);
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var client = server.Connect(parse);
            var collection = parse.GetRequiredValue(id);
            var given = parse.GetValue(devices) is { Length: > 0 } ids ? ids : await ReadAsync(terminal, ct);
            var sum = new MembersChangeAnswer();
            foreach (var chunk in given.Chunk(MostPerCall))
            {
                var part = await change(client, collection, chunk, ct);
                sum = new MembersChangeAnswer
                {
                    Changed = sum.Changed + part.Changed,
                    Unchanged = sum.Unchanged + part.Unchanged,
                    Unknown = [.. sum.Unknown, .. part.Unknown],
                };
            }

            server.Answers(terminal, parse).One(
                sum, [new("Changed", answer => answer.Changed), new("Unchanged", answer => answer.Unchanged), new("Unknown", answer => answer.Unknown)],
                () => terminal.Say($"{Cell.Count(sum.Changed, "device")} {done}, {sum.Unchanged} {unchanged}"));
            foreach (var unknown in sum.Unknown.Take(MostNamed))
            {
                terminal.Complain($"There is no device {unknown}.");
            }

            if (sum.Unknown.Count > MostNamed)
            {
                terminal.Complain($"Nor are there {sum.Unknown.Count - MostNamed} more. -o json names them all.");
            }

            return sum.Unknown.Count == 0 ? 0 : AtpCommand.Failed;
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
