using System.CommandLine;

namespace Atp.Cli.Policies;

internal static class PolicyCommand
{
    public static Command Create(Terminal terminal) => new("policy", "Microsoft Defender ATP policies")
    {
        PolicyListCommand.Create(terminal),
        PolicyShowCommand.Create(terminal),
        PolicyCreateCommand.Create(terminal),
        PolicyUpdateCommand.Create(terminal),
        PolicyOrderCommand.Create(terminal),
        PolicyLifeCommands.Delete(terminal),
        PolicyLifeCommands.Recover(terminal),
    };
}
