using System.CommandLine;
using Atp.Cli.Completion;

namespace Atp.Cli.Deployments;

internal static class DeploymentListCommand
{
    public static Command Create(Terminal terminal)
    {
        var server = new ServerOptions();
        var policy = new Option<string?>("--policy") { Description = "Of this policy" };
        policy.CompletionSources.Add(context => LiveIds.Policies.Find(server, context));
        var inForce = new Option<bool>("--in-force") { Description = "Those that have not ended" };
        var top = CommonOptions.Top();
        var command = new Command("list", "List deployments, the newest first") { policy, inForce, top };
        server.AddTo(command);
        command.SetAction((parse, ct) => server.Answers(terminal, parse).ListAsync(
            server.Connect(parse).ListDeploymentsAsync(parse.GetValue(policy), parse.GetValue(inForce), ct),
            DeploymentColumns.All, parse.GetValue(top), "--policy and --in-force narrow it down", ct));
        return command;
    }
}
