using System.CommandLine;
using Atp.Cli.Client;
using Atp.Cli.Output;

namespace Atp.Cli.Poison;

internal static class PoisonListCommand
{
    private static readonly IReadOnlyList<Column<PoisonQueueAnswer>> Columns =
    [
        new("Queue", queue => queue.Queue) { IsWhole = true },
        new("Waiting", queue => queue.Waiting) { Format = "N0" },
        new("Poisoned", queue => queue.Poisoned) { Format = "N0" },
    ];

    public static Command Create(Terminal terminal)
    {
        var command = new Command("list", "How many messages of each queue were given up");
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction((parse, ct) =>
            server.Answers(terminal, parse).ListAsync(server.Connect(parse).ListPoisonQueuesAsync(ct), Columns, ct));
        return command;
    }
}
