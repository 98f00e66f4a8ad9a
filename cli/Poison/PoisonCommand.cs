using System.CommandLine;
using Atp.Core.Storage;

namespace Atp.Cli.Poison;

internal static class PoisonCommand
{
    public static Command Create(Terminal terminal) => new("poison", "Messages that failed five times: look at them, put them back, or discard them")
    {
        PoisonListCommand.Create(terminal),
        PoisonShowCommand.Create(terminal),
        PoisonChangeCommands.CreateReplay(terminal),
        PoisonChangeCommands.CreateDiscard(terminal),
    };

    /// <summary>The work queue; the warnings name its poison queue, so that name does too.</summary>
    public static Argument<string> QueueArgument()
    {
        var queue = new Argument<string>("queue")
        {
            Description = "The queue, e.g. device-reports",
            HelpName = "queue",
            CustomParser = result => result.Tokens[0].Value is var name && name.EndsWith(Queues.PoisonSuffix, StringComparison.Ordinal)
                ? name[..^Queues.PoisonSuffix.Length]
                : name,
        };
        queue.CompletionSources.Add([.. Queues.All]);
        return queue;
    }
}
