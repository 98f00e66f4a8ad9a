using System.CommandLine;
using Atp.Cli.Client;
using Atp.Cli.Output;

namespace Atp.Cli.Devices;

internal static class DeviceImportCommand
{
    private static readonly IReadOnlyList<Column<ImportAnswer>> Columns =
    [
        new("Received", answer => answer.Received),
        new("Created", answer => answer.Created),
        new("Updated", answer => answer.Updated),
        new("Unchanged", answer => answer.Unchanged),
        new("Rejected", answer => answer.Rejected),
    ];

    public static Command Create(Terminal terminal)
    {
        var file = new Argument<FileInfo>("file") { Description = "NDJSON, or CSV with a header line (.csv)" };
        file.AcceptExistingOnly();
        var command = new Command("import", "Import an inventory") { file };
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var client = server.Connect(parse);
            var inventory = parse.GetRequiredValue(file);
            var mediaType = inventory.Extension.Equals(".csv", StringComparison.OrdinalIgnoreCase) ? "text/csv" : "application/x-ndjson";
            var phase = new Phase("import", "rows", null);
            await using var stream = new CountedStream(inventory.OpenRead(), phase);
            ImportAnswer? imported = null;
            await new PhaseBoard(terminal).FollowAsync([phase], async () => imported = await client.ImportDevicesAsync(stream, mediaType, ct));
            var answer = imported!;
            server.Answers(terminal, parse).One(answer, Columns, () => terminal.Say(
                $"{answer.Received} rows: {answer.Created} created, {answer.Updated} updated, {answer.Unchanged} unchanged, {answer.Rejected} rejected"));
            foreach (var error in answer.Errors)
            {
                terminal.Complain($"line {error.Line}, {error.Field}: {error.Detail} [{error.Code}]");
            }

            return answer.Rejected == 0 ? 0 : AtpCommand.Failed;
        });
        return command;
    }
}
