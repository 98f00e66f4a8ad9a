using System.CommandLine;
using Atp.Cli.Client;
using Atp.Cli.Simulation;

namespace Atp.Cli.Devices;

/// <summary>Keys go to a file for its user only, never to the terminal.</summary>
internal static class DeviceEnrollCommand
{
    private const int AtOnce = 1_000;

    public static Command Create(Terminal terminal)
    {
        var ids = new Argument<string[]>("id") { Description = "The devices' ids", Arity = ArgumentArity.ZeroOrMore };
        var file = new Option<FileInfo?>("--file") { Description = "Also those in this file, one a line" };
        var keys = new Option<FileInfo>("--keys") { Description = "The new file for the keys, one JSON object a line", Required = true };
        var newKey = new Option<bool>("--new-key") { Description = "Replace keys that were handed out before" };
        var command = new Command("enroll", "Give devices their keys, which are handed out once") { ids, file, keys, newKey };
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var wanted = parse.GetRequiredValue(ids).Concat(parse.GetValue(file) is { } list ? File.ReadLines(list.FullName) : [])
                .Where(id => id.Length > 0).ToList();
            var client = server.Connect(parse);
            var refused = new List<EnrollmentAnswer>();
            var phase = new Phase("enroll", "devices", null);
            await using (var saved = KeysFile.Create(parse.GetRequiredValue(keys)))
            {
                await new PhaseBoard(terminal).FollowAsync([phase], async () =>
                {
                    foreach (var some in wanted.Chunk(AtOnce))
                    {
                        var given = await client.EnrollAsync(some, parse.GetValue(newKey), ct);
                        await KeysFile.WriteAsync(saved, given.Select(answer => answer.ToKey()).OfType<DeviceKey>(), ct);
                        refused.AddRange(given.Where(answer => answer.Key is null));
                        phase.Set(phase.Done + some.Length, wanted.Count);
                    }
                });
            }

            foreach (var answer in refused)
            {
                terminal.Complain($"{answer.DeviceId}: {answer.Refusal}");
            }

            var enrolled = wanted.Count - refused.Count;
            server.Answers(terminal, parse).One(
                new { enrolled, refused }, [new("Enrolled", answer => answer.enrolled), new("Refused", answer => answer.refused.Count)],
                () => terminal.Say($"{enrolled} of {wanted.Count} devices were enrolled"));

            return refused.Count == 0 ? 0 : AtpCommand.Failed;
        });
        return command;
    }
}
