using System.CommandLine;
using Atp.Cli.Client;
using Atp.Cli.Completion;
using Atp.Cli.Output;

namespace Atp.Cli.Deployments;

internal static class DeploymentListCommand
{
    /// <summary>What a list says of a deployment.</summary>
    public static readonly IReadOnlyList<Column<DeploymentSummary>> Columns =
    [
        new("Id", deployment => deployment.Id) { IsWhole = true },
        new("Policy id", deployment => deployment.PolicyId) { IsWhole = true },
        new("Created at", deployment => deployment.CreatedAt),
        new("Ended at", deployment => deployment.EndedAt),
        new("Collection ids", deployment => deployment.CollectionIds) { InTable = false },
        new("Created by", deployment => deployment.CreatedBy) { InTable = false },
        new("End reason", deployment => deployment.EndReason) { InTable = false },
        new("Ended by", deployment => deployment.EndedBy) { InTable = false },
    ];

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
            server.Connect(parse).ListDeploymentsAsync(ct).Where(deployment => !(parse.GetValue(inForce) && deployment.EndedAt is not null)
                && (parse.GetValue(policy) is not { } id || deployment.PolicyId.Equals(id, StringComparison.OrdinalIgnoreCase))),
            Columns, parse.GetValue(top), "--policy and --in-force narrow it down", ct));
        return command;
    }
}
