using System.CommandLine;
using Atp.Cli.Client;
using Atp.Cli.Completion;
using Atp.Cli.Health;
using Atp.Cli.Output;

namespace Atp.Cli.Deployments;

internal static class DeployCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

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
        var watch = new Option<bool>("--watch") { Description = "Follow it, also over a restart of the server" };
        var until = OptionRules.OneOf("--until",
            "When --watch ends: placed, every member has its assignment; done, no device has anything left to do. "
            + "Default: done where somebody looks, who can press Ctrl-C; else placed",
            "placed", "done");
        var timeout = OptionRules.Duration("--timeout", "How long --watch bears a server that doesn't answer", Patience);
        var preview = new Option<bool>("--preview") { Description = "Only show what it would come to" };
        var acknowledge = new Option<bool>("--acknowledge-failures") { Description = "Deploy although it would fail on some devices" };
        var command = new Command("deploy", "Deploy a policy to collections") { policy, collections, watch, until, timeout, preview, acknowledge };
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
                var end = (parse.GetValue(until) ?? (terminal.IsInteractive && answers.IsForPeople ? "done" : "placed")) == "done" ? WatchEnd.Done : WatchEnd.Placed;
                var follow = new DeploymentWatch(terminal, answers.IsForPeople, note => server.Enduring(client, parse, parse.GetValue(timeout), note));
                deployment = await follow.RunAsync(deployment, end, ct);
            }

            answers.One(deployment, DeploymentColumns.All, () => Show(terminal, deployment));
        });
        return command;
    }

    private static void Show(Terminal terminal, DeploymentAnswer deployment)
    {
        terminal.Say($"Deployment {deployment.Id}: {deployment.State}");
        FigureTables.ShowPlatforms(terminal, deployment);
        if (deployment.Statuses is { } statuses)
        {
            FigureTables.ShowStatuses(terminal, "As of the last roll-up", statuses);
        }

        foreach (var warning in deployment.Warnings)
        {
            terminal.Say($"Warning: {warning}");
        }
    }

    /// <summary>The phase's bar goes as far as the shards that are placed, and counts devices.</summary>
    public static void Follow(this Phase phase, DeploymentAnswer deployment) =>
        phase.Set(deployment.Progress?.ShardsDone ?? 0, deployment.Progress?.Shards ?? 0, deployment.Progress?.Devices ?? 0);
}
