using System.CommandLine;
using System.Globalization;
using Atp.Cli.Client;
using Atp.Cli.Health;
using Atp.Cli.Output;

namespace Atp.Cli.Deployments;

internal static class DeploymentShowCommand
{
    public static Command Create(Terminal terminal)
    {
        var server = new ServerOptions();
        var id = CommonOptions.DeploymentId(server);
        var command = new Command("show", "Show a deployment: how far it is, and how its devices stand") { id };
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var deployment = await server.Connect(parse).GetDeploymentAsync(parse.GetRequiredValue(id), ct);
            server.Answers(terminal, parse).One(deployment, DeployCommand.Columns, () => Show(terminal, deployment));
        });
        return command;
    }

    public static void Show(Terminal terminal, DeploymentAnswer deployment)
    {
        var ended = deployment.EndedAt is { } at
            ? string.Create(CultureInfo.InvariantCulture, $", ended at {at.UtcDateTime:u} by {deployment.EndedBy}: {deployment.EndReason}")
            : deployment.State == "Placing" ? $", {deployment.Progress?.ShardsDone} of {deployment.Progress?.Shards} shards placed" : "";
        terminal.ShowFacts(
        [
            ("Id", deployment.Id), ("State", deployment.State + ended), ("Policy", deployment.PolicyId),
            ("Collections", string.Join('\n', deployment.CollectionIds)), ("Created at", deployment.CreatedAt), ("Created by", deployment.CreatedBy),
            ("Warnings", string.Join('\n', deployment.Warnings)),
        ]);
        FigureTables.ShowPlatforms(terminal, deployment);
        if (deployment.Statuses is { } statuses)
        {
            FigureTables.ShowStatuses(terminal, string.Create(CultureInfo.InvariantCulture, $"As of {statuses.AsOf?.UtcDateTime:u}"), statuses);
        }
        else
        {
            terminal.Say("No figures yet: the first roll-up has not counted it. `atp status --roll-up` counts now.");
        }
    }
}
