using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Atp.Cli.Client;
using Atp.Cli.Output;

namespace Atp.Cli.Poison;

internal static class PoisonChangeCommands
{
    private const int MostMessages = 1_000_000;

    /// <summary>Fewer than a request may have: each is answered within seconds.</summary>
    private const int AtOnce = 200;

    private static readonly IReadOnlyList<Column<PoisonChangeAnswer>> Columns =
        [new("Queue", change => change.Queue), new("Done", change => change.Done), new("Left", change => change.Left)];

    private delegate Task<PoisonChangeAnswer> Change(AtpClient client, string queue, int? max, IReadOnlyList<string>? ids, CancellationToken ct);

    public static Command CreateReplay(Terminal terminal) => Create(
        terminal, new Command("replay", "Put messages back on their queue, once the cause is gone; all of them unless told"), mustSayWhich: false,
        "put back", (client, queue, max, ids, ct) => client.ReplayPoisonAsync(queue, max, ids, ct));

    public static Command CreateDiscard(Terminal terminal) => Create(
        terminal, new Command("discard", "Delete messages for good, e.g. what no build can read"), mustSayWhich: true,
        "deleted", (client, queue, max, ids, ct) => client.DiscardPoisonAsync(queue, max, ids, ct));

    private static Command Create(Terminal terminal, Command command, bool mustSayWhich, string done, Change change)
    {
        var queue = PoisonCommand.QueueArgument();
        var max = new Option<int?>("--max") { Description = "At most so many, whichever come first" };
        max.MustBeBetween(1, MostMessages);
        var ids = new Option<string[]>("--id") { Description = "These, by the ids that `atp poison show` shows", AllowMultipleArgumentsPerToken = true };
        command.Add(queue);
        command.Add(max);
        command.Add(ids);
        command.Validators.Add(result => Check(result, max, ids, mustSayWhich));
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var client = server.Connect(parse);
            var (name, wanted) = (parse.GetRequiredValue(queue), parse.GetValue(ids) ?? []);
            var answer = wanted.Length > 0
                ? await change(client, name, null, wanted, ct)
                : await ChangeManyAsync(terminal, client, name, parse.GetValue(max), command.Name, change, ct);
            server.Answers(terminal, parse).One(answer, Columns, () => terminal.Say(string.Create(
                CultureInfo.InvariantCulture, $"{answer.Done:N0} messages of {answer.Queue} were {done}, {answer.Left:N0} are left")));
            if (answer.Done < wanted.Length)
            {
                terminal.Complain($"{wanted.Length - answer.Done} of the {wanted.Length} messages are not there, or are being moved by somebody else.");
            }

            return answer.Done < wanted.Length ? AtpCommand.Failed : 0;
        });
        return command;
    }

    private static void Check(CommandResult result, Option max, Option ids, bool mustSayWhich)
    {
        var (saysMax, saysIds) = (result.GetResult(max) is { Implicit: false }, result.GetResult(ids) is { Implicit: false });
        if (saysMax && saysIds)
        {
            result.AddError("Say --max or --id, not both.");
        }
        else if (mustSayWhich && !saysMax && !saysIds)
        {
            result.AddError("Say which messages: --id, or --max for so many.");
        }

        if (result.GetResult(ids) is { Tokens.Count: > AtpClient.MostPoisonShown })
        {
            result.AddError($"At most {AtpClient.MostPoisonShown} messages can be named.");
        }
    }

    /// <summary>No more than there were at first, so that what fails again at once isn't moved for ever.</summary>
    private static async Task<PoisonChangeAnswer> ChangeManyAsync(
        Terminal terminal, AtpClient client, string queue, int? max, string name, Change change, CancellationToken ct)
    {
        var last = new PoisonChangeAnswer(queue, 0, (await client.ShowPoisonAsync(queue, ct)).Poisoned);
        var (done, most) = (0, Math.Min(max ?? int.MaxValue, last.Left));
        var phase = new Phase(name, "messages", null);
        await new PhaseBoard(terminal).FollowAsync([phase], () => phase.MeasureAsync(async () =>
        {
            phase.Set(0, most);
            while (done < most)
            {
                last = await change(client, queue, Math.Min(AtOnce, most - done), null, ct);
                done += last.Done;
                phase.Set(done, most);
                if (last.Done == 0)
                {
                    break;
                }
            }
        }));
        return last with { Done = done };
    }
}
