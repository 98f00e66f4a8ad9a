using Atp.Cli.Client;

namespace Atp.Cli.Deployments;

/// <summary>When to stop following a deployment.</summary>
internal enum WatchEnd
{
    /// <summary>Every member has its assignment.</summary>
    Placed,

    /// <summary>No device has anything left to do, as of a roll-up.</summary>
    Done,
}

/// <summary>Follows a deployment while its members are placed, and then, roll-up by roll-up, while they act.</summary>
internal sealed class DeploymentWatch
{
    private static readonly TimeSpan PlacingInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Statuses come with roll-ups, every few minutes.</summary>
    private static readonly TimeSpan StatusInterval = TimeSpan.FromSeconds(2);

    private readonly Terminal terminal;
    private readonly bool sayPlaced;
    private readonly PhaseBoard board;
    private readonly EnduringClient client;
    private readonly Phase placing = new("deploy", "devices", null);
    private readonly Phase acting = new("devices", "devices", null);

    /// <param name="terminal">Progress is shown there, aside of the answer.</param>
    /// <param name="sayPlaced">With a line when placing is over.</param>
    /// <param name="connect">Makes a client that tells this what it waits for.</param>
    public DeploymentWatch(Terminal terminal, bool sayPlaced, Func<Action<string?>, EnduringClient> connect)
    {
        (this.terminal, this.sayPlaced, board) = (terminal, sayPlaced, new PhaseBoard(terminal));
        client = connect(note => placing.Note = acting.Note = note);
    }

    /// <returns>As it is in the end.</returns>
    public async Task<DeploymentAnswer> RunAsync(DeploymentAnswer deployment, WatchEnd end, CancellationToken ct)
    {
        deployment = await FollowAsync(placing, deployment, PlacingInterval, answer =>
        {
            placing.Follow(answer);
            return answer.State != "Placing";
        }, ct);
        if (sayPlaced)
        {
            board.ShowLine(placing);
        }

        if (end == WatchEnd.Placed || deployment.State == "Ended" || deployment.Progress?.Devices == 0)
        {
            return deployment;
        }

        var placed = deployment;
        try
        {
            return await FollowStatusesAsync(placed, answer => placed = answer, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            terminal.Complain("Nobody watches any more; the deployment goes on.");
            return placed;
        }
    }

    private Task<DeploymentAnswer> FollowStatusesAsync(DeploymentAnswer placed, Action<DeploymentAnswer> told, CancellationToken ct)
    {
        string? before = null;
        return FollowAsync(acting, placed, StatusInterval, answer =>
        {
            told(answer);
            if (answer.Statuses is { } statuses)
            {
                acting.Set(statuses.Final, statuses.Devices);
                var now = statuses.ToString();
                if (now != before)
                {
                    before = now;
                    terminal.SayAside($"As of {statuses.AsOf:u}: {now}");
                }
            }

            // What the last roll-up counted may be fewer than were placed since.
            return answer.State == "Ended" || (answer.Statuses is { } last && last.Final == last.Devices && last.Devices >= (answer.Progress?.Devices ?? 0));
        }, ct);
    }

    private async Task<DeploymentAnswer> FollowAsync(
        Phase phase, DeploymentAnswer deployment, TimeSpan interval, Func<DeploymentAnswer, bool> isDone, CancellationToken ct)
    {
        await board.FollowAsync([phase], () => phase.MeasureAsync(async () =>
            deployment = await client.UntilAsync((server, token) => server.GetDeploymentAsync(deployment.Id, token), isDone, interval, ct)));
        return deployment;
    }
}
