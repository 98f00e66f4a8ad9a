using System.CommandLine;

namespace Atp.Cli.Policies;

internal static class PolicyCommand
{
    public static Command Create(Terminal terminal) => new("policy", "Microsoft Defender ATP policies")
    {
        PolicyCreateCommand.Create(terminal),
        PolicyListCommand.Create(terminal),
        PolicyShowCommand.Create(terminal),
        PolicyOrderCommand.Create(terminal),
        PolicyLifeCommands.Delete(terminal),
        PolicyLifeCommands.Recover(terminal),
    };
}
