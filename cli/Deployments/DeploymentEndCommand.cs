using System.CommandLine;
using Atp.Cli.Output;

namespace Atp.Cli.Deployments;

internal static class DeploymentEndCommand
{
    public static Command Create(Terminal terminal)
    {
        var (server, confirmation) = (new ServerOptions(), new Confirmation());
        var id = CommonOptions.DeploymentId(server);
        var reason = new Option<string>("--reason") { Description = "Why, for people", Required = true };
        var command = new Command("end", "End a deployment: it targets nobody any more; devices keep what was applied") { id, reason };
        confirmation.AddTo(command);
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var client = server.Connect(parse);
            var deployment = await client.GetDeploymentAsync(parse.GetRequiredValue(id), ct);
            await confirmation.AskAsync(
                terminal, parse, $"The deployment of {deployment.CreatedAt:u} will end for {Cell.Count(deployment.Progress?.Devices ?? 0, "device")}. This can't be undone.", ct);
            var ended = await client.EndDeploymentAsync(deployment.Id, parse.GetRequiredValue(reason), ct);
            server.Answers(terminal, parse).One(ended, DeployCommand.Columns, () => terminal.Say($"Deployment {ended.Id} has ended. Devices keep what was applied."));
        });
        return command;
    }
}
