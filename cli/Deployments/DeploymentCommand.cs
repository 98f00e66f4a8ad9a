using System.CommandLine;

namespace Atp.Cli.Deployments;

internal static class DeploymentCommand
{
    public static Command Create(Terminal terminal) => new("deployment", "Deployments that were made with `atp deploy`")
    {
        DeploymentListCommand.Create(terminal),
        DeploymentShowCommand.Create(terminal),
        DeploymentEndCommand.Create(terminal),
    };
}
