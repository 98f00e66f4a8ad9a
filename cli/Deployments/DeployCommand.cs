using System.CommandLine;
using Atp.Cli.Client;
using Atp.Cli.Completion;
using Atp.Cli.Health;
using Atp.Cli.Output;

namespace Atp.Cli.Deployments;

internal static class DeployCommand
{
    public static readonly IReadOnlyList<Column<DeploymentAnswer>> Columns =
    [
        new("Id", deployment => deployment.Id),
        new("State", deployment => deployment.State),
        new("Policy id", deployment => deployment.PolicyId),
        new("Collection ids", deployment => deployment.CollectionIds),
        new("Created at", deployment => deployment.CreatedAt),
        new("Ended at", deployment => deployment.EndedAt),
        new("End reason", deployment => deployment.EndReason),
        new("Shards", deployment => deployment.Progress?.Shards),
        new("Shards done", deployment => deployment.Progress?.ShardsDone),
        new("Devices", deployment => deployment.Progress?.Devices),
        new("Up level", deployment => deployment.Progress?.UpLevel),
        new("Down level", deployment => deployment.Progress?.DownLevel),
        new("In error", deployment => deployment.Progress?.InError),
        new("Not supported", deployment => deployment.Progress?.NotSupported),
        new("Success", deployment => deployment.Statuses?.Success),
        new("Error", deployment => deployment.Statuses?.Error),
        new("Requirements not met", deployment => deployment.Statuses?.RequirementsNotMet),
        new("In progress", deployment => deployment.Statuses?.InProgress),
        new("Unknown", deployment => deployment.Statuses?.Unknown),
        new("Superseded", deployment => deployment.Statuses?.Superseded),
        new("Warnings", deployment => deployment.Warnings),
    ];

    private static readonly TimeSpan LongestFanOut = TimeSpan.FromMinutes(15);

    public static Command Create(Terminal terminal)
    {
        var server = new ServerOptions();
        var policy = new Option<string>("--policy") { Description = "The policy's id", Required = true };
        policy.CompletionSources.Add(context => LiveIds.Policies.Find(server, context));
        var collections = new Option<string[]>("--collection")
        {
            Description = "A collection's id; more than one may be given",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        collections.CompletionSources.Add(context => LiveIds.Collections.Find(server, context));
        var watch = new Option<bool>("--watch") { Description = "Follow it until every member has its assignment" };
        var preview = new Option<bool>("--preview") { Description = "Only show what it would come to" };
        var acknowledge = new Option<bool>("--acknowledge-failures") { Description = "Deploy although it would fail on some devices" };
        var command = new Command("deploy", "Deploy a policy to collections") { policy, collections, watch, preview, acknowledge };
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var client = server.Connect(parse);
            var answers = server.Answers(terminal, parse);
            var (policyId, collectionIds) = (parse.GetRequiredValue(policy), parse.GetRequiredValue(collections));
            if (parse.GetValue(preview))
            {
                PreviewTables.Show(answers, terminal, await client.PreviewDeploymentAsync(policyId, collectionIds, ct));
                return;
            }

            DeploymentAnswer deployment;
            try
            {
                deployment = await client.DeployAsync(policyId, collectionIds, ct, parse.GetValue(acknowledge));
            }
            catch (ProblemException refused) when (refused.Preview is { } failing)
            {
                PreviewTables.Show(answers, terminal, failing);
                throw new CommandException(
                    $"Nothing was deployed: it would fail on {failing.WouldFail.Devices} of {failing.Devices} devices. "
                    + "`--acknowledge-failures` deploys it all the same.", refused);
            }

            if (parse.GetValue(watch))
            {
                // To a script, the bar would be in the way.
                var follow = (Action<DeploymentAnswer> progress) =>
                    client.WaitUntilPlacedAsync(deployment.Id, progress, LongestFanOut, ct);
                deployment = answers.IsForPeople ? await WatchAsync(terminal, follow) : await follow(_ => { });
            }

            answers.One(deployment, Columns, () => Show(terminal, deployment));
        });
        return command;
    }

    private static void Show(Terminal terminal, DeploymentAnswer deployment)
    {
        terminal.Say($"Deployment {deployment.Id}: {deployment.State}");
        FigureTables.ShowPlatforms(terminal, deployment);
        foreach (var warning in deployment.Warnings)
        {
            terminal.Say($"Warning: {warning}");
        }
    }

    private static async Task<DeploymentAnswer> WatchAsync(
        Terminal terminal, Func<Action<DeploymentAnswer>, Task<DeploymentAnswer>> follow)
    {
        var phase = new Phase("deploy", "shards", null);
        DeploymentAnswer? last = null;
        await new PhaseBoard(terminal).ShowAsync([phase], () => phase.MeasureAsync(async () => last = await follow(phase.Follow)));
        return last!;
    }

    /// <summary>The phase's bar goes as far as the shards that are placed.</summary>
    public static void Follow(this Phase phase, DeploymentAnswer deployment) =>
        phase.Set(deployment.Progress?.ShardsDone ?? 0, deployment.Progress?.Shards ?? 0);
}
