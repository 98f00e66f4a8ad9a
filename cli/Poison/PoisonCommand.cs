using System.CommandLine;

namespace Atp.Cli.Poison;

internal static class PoisonCommand
{
    private const string Suffix = "-poison";

    public static Command Create(Terminal terminal) => new("poison", "Messages that failed five times: look at them, put them back, or discard them")
    {
        PoisonListCommand.Create(terminal),
        PoisonShowCommand.Create(terminal),
        PoisonChangeCommands.CreateReplay(terminal),
        PoisonChangeCommands.CreateDiscard(terminal),
    };

    /// <summary>The work queue; the warnings name its poison queue, so that name does too.</summary>
    public static Argument<string> QueueArgument() => new("queue")
    {
        Description = "The queue, e.g. device-reports",
        CustomParser = result => result.Tokens[0].Value is var name && name.EndsWith(Suffix, StringComparison.Ordinal) ? name[..^Suffix.Length] : name,
    };
}
