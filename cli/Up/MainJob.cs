using System.Globalization;
using System.Security.Cryptography;
using Atp.Cli.Client;
using Atp.Cli.Deployments;
using Atp.Cli.Health;
using Atp.Cli.Output;
using Atp.Cli.Simulation;

namespace Atp.Cli.Up;

/// <summary>
/// The main job in front of one's eyes: import a fleet, make policies and collections, deploy, let the devices do their part,
/// count, and hold what was counted against what the devices did.
/// </summary>
internal sealed class MainJob(Terminal terminal, LocalSite site, SimulatedFleet fleet, Phase start)
{
    private const int RowsPerImport = 20_000;
    private static readonly TimeSpan OffboardingLifetime = TimeSpan.FromDays(30);
    private static readonly TimeSpan LongestFanOut = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan LongestIngestion = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan LongestRollUp = TimeSpan.FromMinutes(30);

    /// <summary>How long figures may take to settle once the queue is empty.</summary>
    private static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(60);

    private readonly AtpClient client = site.Client;
    private readonly PhaseBoard board = new(terminal);
    private readonly FleetTally tally = new();
    private readonly List<Phase> phases = [start];

    public async Task<RunResult> RunAsync(CancellationToken ct)
    {
        var before = await CountEarlierFleetsAsync(ct);
        var rejected = await ImportAsync(ct);
        var policies = await CreatePoliciesAsync(ct);
        var collections = await CreateCollectionsAsync(ct);
        var deployments = await DeployAsync(policies, collections, ct);
        var run = await LetDevicesActAsync(ct);
        await PhaseAsync("ingest", "reports", phase => site.WaitForReportsAsync(phase.Set, LongestIngestion, ct));

        var expected = Expected(before);
        var counted = await RollUpAsync(expected, deployments, rejected, run.FaultCount, ct);
        return new RunResult(fleet.Count, expected, counted, phases, [.. run.Faults]);
    }

    /// <summary>A kept site may hold fleets of earlier runs: their devices do nothing more, and stay in the site's figures.</summary>
    private async Task<ScopeAnswer> CountEarlierFleetsAsync(CancellationToken ct)
    {
        if (!await client.HasDevicesAsync(ct))
        {
            return new ScopeAnswer();
        }

        await client.RollUpAsync(_ => { }, LongestRollUp, ct);
        var site = (await client.GetHealthAsync(null, ct)).Site!;
        terminal.Say(string.Create(CultureInfo.InvariantCulture, $"  {site.Devices:N0} devices of earlier runs stay as they are"));
        return site;
    }

    private async Task<int> ImportAsync(CancellationToken ct)
    {
        long rejected = 0;
        await PhaseAsync("import", "devices", async phase =>
        {
            phase.Set(0, fleet.Count);
            for (var from = 0; from < fleet.Count; from += RowsPerImport)
            {
                var rows = fleet.Rows(from, Math.Min(RowsPerImport, fleet.Count - from)).Select(row =>
                {
                    phase.Advance();
                    return row;
                });
                rejected += (await client.ImportDevicesAsync(rows, ct)).Rejected;
            }
        });
        return (int)rejected;
    }

    /// <summary>The policy that is created first wins: retired devices are offboarded, although they are in the fleet too.</summary>
    private async Task<(PolicyAnswer Onboarding, PolicyAnswer Offboarding)> CreatePoliciesAsync(CancellationToken ct)
    {
        PolicyAnswer? onboarding = null;
        PolicyAnswer? offboarding = null;
        await PhaseAsync("policy", "policies", async phase =>
        {
            var workspaceId = Guid.NewGuid().ToString();
            var workspaceKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));
            var offboardingFile = site.Samples.Offboarding(TimeProvider.System.GetUtcNow() + OffboardingLifetime);
            offboarding = await client.CreatePolicyAsync(
                new NewPolicy($"Offboard retired devices of {fleet.FleetTag}", "Wins over the onboarding of the whole fleet", "Offboarding",
                    offboardingFile.FileName, offboardingFile.Content, null, null, null),
                ct);
            var onboardingFile = site.Samples.Onboarding();
            onboarding = await client.CreatePolicyAsync(
                new NewPolicy($"Onboard {fleet.FleetTag}", "With a workspace, for down-level devices", "Onboarding",
                    onboardingFile.FileName, onboardingFile.Content, workspaceId, workspaceKey, "AllFileTypes"),
                ct);
            phase.Set(2, 2);
        });
        return onboarding!.Order > offboarding!.Order
            ? (onboarding, offboarding)
            : throw new CommandException(
                $"The policy that was created first has order {offboarding.Order}, the second one {onboarding.Order}: the first should win.");
    }

    private async Task<(CollectionAnswer Fleet, CollectionAnswer Retired)> CreateCollectionsAsync(CancellationToken ct)
    {
        CollectionAnswer? all = null;
        CollectionAnswer? retired = null;
        await PhaseAsync("collection", "members", async phase =>
        {
            all = await CreateByTagAsync($"All of {fleet.FleetTag}", fleet.FleetTag, ct);
            retired = await CreateByTagAsync($"Retired of {fleet.FleetTag}", fleet.RetiredTag, ct);
            all = await client.WaitUntilEvaluatedAsync(
                all.Id, now => phase.Set(now.Evaluation?.ShardsDone ?? 0, now.Evaluation?.Shards ?? 0), LongestFanOut, ct);
            retired = await client.WaitUntilEvaluatedAsync(retired.Id, _ => { }, LongestFanOut, ct);
            var members = (all.Members ?? 0) + (retired.Members ?? 0);
            phase.Set(members, members);
        });
        return (all!, retired!);
    }

    private Task<CollectionAnswer> CreateByTagAsync(string name, string tag, CancellationToken ct) => client.CreateCollectionAsync(
        new CollectionBody { Name = name, Description = "By tag", Rules = [new RuleBody(null, null, tag)] }, ct);

    private async Task<(DeploymentAnswer Onboarding, DeploymentAnswer Offboarding)> DeployAsync(
        (PolicyAnswer Onboarding, PolicyAnswer Offboarding) policies, (CollectionAnswer Fleet, CollectionAnswer Retired) collections,
        CancellationToken ct)
    {
        DeploymentAnswer? onboarding = null;
        DeploymentAnswer? offboarding = null;
        await PhaseAsync("deploy", "devices", async phase =>
        {
            offboarding = await client.DeployAsync(policies.Offboarding.Id, [collections.Retired.Id], ct);
            onboarding = await client.DeployAsync(policies.Onboarding.Id, [collections.Fleet.Id], ct);
            onboarding = await client.WaitUntilPlacedAsync(onboarding.Id, phase.Follow, LongestFanOut, ct);
            offboarding = await client.WaitUntilPlacedAsync(offboarding.Id, _ => { }, LongestFanOut, ct);
            var placed = (onboarding.Progress?.Devices ?? 0) + (offboarding.Progress?.Devices ?? 0);
            phase.Set(placed, placed);
        });
        FigureTables.ShowPlatforms(terminal, onboarding!);
        return (onboarding!, offboarding!);
    }

    private async Task<FleetRun> LetDevicesActAsync(CancellationToken ct)
    {
        var run = new FleetRun(FleetRun.By(client), new DeviceAgent(site.Agents, TimeProvider.System), site.Transactions);
        phases.AddRange([run.Enroll, run.CheckIn, run.Report]);
        await board.ShowAsync([run.Enroll, run.CheckIn, run.Report], () =>
            run.RunAsync(fleet.Devices().Take(fleet.CheckIns), fleet.CheckIns, Expectation.Complaint, tally.Add, ct));
        foreach (var device in fleet.Devices().Skip(fleet.CheckIns))
        {
            tally.Add(device, Deed.Nothing);
        }

        return run;
    }

    /// <summary>Counts until the figures are right, or nothing moves any more.</summary>
    private async Task<Figures> RollUpAsync(
        Figures expected, (DeploymentAnswer Onboarding, DeploymentAnswer Offboarding) deployments, int rejected, int faults, CancellationToken ct)
    {
        Figures? counted = null;
        DeploymentAnswer? deployment = null;
        HealthSummaryAnswer? health = null;
        var shards = deployments.Onboarding.Progress?.Shards ?? 0;
        await PhaseAsync("roll-up", "shards", async phase =>
        {
            var started = TimeProvider.System.GetTimestamp();
            Figures? previous;
            do
            {
                previous = counted;
                await client.RollUpAsync(rollUp => phase.Set(rollUp.ShardsDone, shards), LongestRollUp, ct);
                deployment = await client.GetDeploymentAsync(deployments.Onboarding.Id, ct);
                health = await client.GetHealthAsync("os", ct);
                var offboarding = await client.GetDeploymentAsync(deployments.Offboarding.Id, ct);
                counted = Counted(deployment, offboarding, health.Site, rejected, faults, await site.CountPoisonAsync(ct));
            }
            while (Figures.Compare(expected, counted).Count > 0
                && (previous is null || Figures.Compare(previous, counted).Count > 0)
                && TimeProvider.System.GetElapsedTime(started) < SettlingTime);
        });

        if (deployment?.Statuses is { } statuses)
        {
            FigureTables.ShowStatuses(terminal, $"Deployment of \"Onboard {fleet.FleetTag}\"", statuses);
        }

        if (health?.Site is { } scope)
        {
            FigureTables.ShowHealth(terminal, scope);
            terminal.ShowTable(health.Scopes, FigureTables.Columns);
        }

        return counted!;
    }

    private Figures Expected(ScopeAnswer before)
    {
        var earlier = Figures.Of(before);
        var others = new Dictionary<string, int>
        {
            ["devices"] = before.Devices + fleet.Count,
            ["targeted"] = before.Targeted + tally.Targeted,
            ["offboarding"] = before.Offboarding + tally.Offboarding,
            ["placed"] = tally.Targeted,
            ["devices that acted or stayed away"] = fleet.Count,
            ["devices in trouble"] = 0,
            ["rejected rows"] = 0,
            ["poisoned messages"] = 0,
        };
        AddOffboarding(others, tally.OffboardingDeployment);
        return new Figures(tally.Deployment, tally.Health.ToDictionary(h => h.Key, h => h.Value + earlier[h.Key]), others);
    }

    private Figures Counted(
        DeploymentAnswer onboarding, DeploymentAnswer offboarding, ScopeAnswer? scope, int rejected, int faults, int poisoned)
    {
        var others = new Dictionary<string, int>
        {
            ["devices"] = scope?.Devices ?? 0,
            ["targeted"] = scope?.Targeted ?? 0,
            ["offboarding"] = scope?.Offboarding ?? 0,
            ["placed"] = onboarding.Progress?.Devices ?? 0,
            ["devices that acted or stayed away"] = tally.Devices,
            ["devices in trouble"] = faults,
            ["rejected rows"] = rejected,
            ["poisoned messages"] = poisoned,
        };
        AddOffboarding(others, Figures.Of(offboarding.Statuses));
        return new Figures(Figures.Of(onboarding.Statuses), Figures.Of(scope), others);
    }

    private static void AddOffboarding(Dictionary<string, int> others, IReadOnlyDictionary<string, int> statuses)
    {
        foreach (var (name, count) in statuses)
        {
            others[$"offboarding deployment.{name}"] = count;
        }
    }

    private async Task PhaseAsync(string name, string unit, Func<Phase, Task> work)
    {
        var phase = new Phase(name, unit, site.Transactions);
        phases.Add(phase);
        await board.ShowAsync([phase], () => phase.MeasureAsync(() => work(phase)));
    }
}
