using System.CommandLine;
using Atp.Cli.Client;
using Atp.Cli.Health;

namespace Atp.Cli.Deployments;

internal static class DeployCommand
{
    private static readonly TimeSpan LongestFanOut = TimeSpan.FromMinutes(15);

    public static Command Create(Terminal terminal)
    {
        var policy = new Option<string>("--policy") { Description = "The policy's id", Required = true };
        var collections = new Option<string[]>("--collection")
        {
            Description = "A collection's id; more than one may be given",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        var watch = new Option<bool>("--watch") { Description = "Follow it until every member has its assignment" };
        var preview = new Option<bool>("--preview") { Description = "Only show what it would come to" };
        var acknowledge = new Option<bool>("--acknowledge-failures") { Description = "Deploy although it would fail on some devices" };
        var command = new Command("deploy", "Deploy a policy to collections") { policy, collections, watch, preview, acknowledge };
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var client = server.Connect(parse);
            var (policyId, collectionIds) = (parse.GetRequiredValue(policy), parse.GetRequiredValue(collections));
            if (parse.GetValue(preview))
            {
                Show(terminal, server.IsJson(parse), await client.PreviewDeploymentAsync(policyId, collectionIds, ct));
                return;
            }

            DeploymentAnswer deployment;
            try
            {
                deployment = await client.DeployAsync(policyId, collectionIds, ct, parse.GetValue(acknowledge));
            }
            catch (ProblemException refused) when (refused.Preview is { } failing)
            {
                Show(terminal, server.IsJson(parse), failing);
                throw new CommandException(
                    $"Nothing was deployed: it would fail on {failing.WouldFail.Devices} of {failing.Devices} devices. "
                    + "`--acknowledge-failures` deploys it all the same.", refused);
            }

            if (parse.GetValue(watch))
            {
                // JSON goes to a script: the bar would be in its way.
                var follow = (Action<DeploymentAnswer> progress) =>
                    client.WaitUntilPlacedAsync(deployment.Id, progress, LongestFanOut, ct);
                deployment = server.IsJson(parse) ? await follow(_ => { }) : await WatchAsync(terminal, follow);
            }

            if (server.IsJson(parse))
            {
                terminal.SayJson(deployment);
            }
            else
            {
                terminal.Say($"Deployment {deployment.Id}: {deployment.State}");
                FigureTables.ShowPlatforms(terminal, deployment);
                foreach (var warning in deployment.Warnings)
                {
                    terminal.Say($"Warning: {warning}");
                }
            }
        });
        return command;
    }

    private static void Show(Terminal terminal, bool json, DeploymentPreviewAnswer preview)
    {
        if (json)
        {
            terminal.SayJson(preview);
        }
        else
        {
            PreviewTables.Show(terminal, preview);
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
