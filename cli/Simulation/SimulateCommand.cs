using System.CommandLine;
using Atp.Cli.Client;
using Atp.Cli.Output;

namespace Atp.Cli.Simulation;

/// <summary>Devices against any server. What the server's deployments are is its own affair, so nothing is expected of its figures.</summary>
internal static class SimulateCommand
{
    private const int MostDevices = 1_000_000;

    public static Command Create(Terminal terminal)
    {
        var devices = new Option<int>("--devices") { Description = "How many devices to make up", DefaultValueFactory = _ => 50 };
        devices.MustBeBetween(1, MostDevices);
        var run = new Option<string?>("--run")
        {
            Description = "Starts each device id, and is the devices' tag. Default: a new one; the same again goes on with the same devices",
        };
        var seed = new Option<int>("--seed") { Description = "Deals out Windows versions and behaviours", DefaultValueFactory = _ => 1 };
        var keys = new Option<FileInfo>("--keys")
        {
            Description = "Use the devices of this file, which --save-keys wrote; needs no administrator's token",
        };
        keys.AcceptExistingOnly();
        var saveKeys = new Option<FileInfo?>("--save-keys") { Description = "Write the devices' keys to a new file; with --keys, as check-ins renew them" };
        var reportsOverHttp = new Option<bool>("--reports-over-http")
        {
            Description = "Report to the service, as devices do whose proxy lets them reach no other host; else into its queue",
        };
        var command = new Command("simulate", "Let simulated devices check in and report, against any server")
        {
            devices, run, seed, keys, saveKeys, reportsOverHttp,
        };
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var agent = new DeviceAgent(
                new AgentClient(ServerOptions.NewHttpClient(), server.FindServer(parse), TimeProvider.System), TimeProvider.System,
                parse.GetValue(reportsOverHttp));
            var known = parse.GetValue(keys) is { } file ? KeysFile.Read(file) : null;
            var fleet = new SimulatedFleet(
                parse.GetValue(run) ?? SimulatedFleet.NewRun(TimeProvider.System), parse.GetValue(seed),
                known?.Count ?? parse.GetValue(devices), int.MaxValue);
            var tally = new FleetTally();
            var answers = server.Answers(terminal, parse);
            await using var saved = parse.GetValue(saveKeys) is { } newFile ? KeysFile.Create(newFile) : null;
            Func<IEnumerable<DeviceKey>, CancellationToken, Task>? keep = saved is null ? null : (given, token) => KeysFile.WriteAsync(saved, given, token);
            var outcome = known is null
                ? await EnrollAndRunAsync(terminal, server.Connect(parse), answers.IsForPeople, fleet, agent, keep, tally, ct)
                : await RunAsync(terminal, answers.IsForPeople, WithKeys(known, agent, keep), Owners(known, fleet), fleet.Count, tally, ct);
            Show(terminal, answers, fleet, tally, outcome);
            return outcome.FaultCount == 0 ? 0 : AtpCommand.Failed;
        });
        return command;
    }

    private static async Task<FleetRun> EnrollAndRunAsync(
        Terminal terminal, AtpClient client, bool forPeople, SimulatedFleet fleet, DeviceAgent agent,
        Func<IEnumerable<DeviceKey>, CancellationToken, Task>? keep, FleetTally tally, CancellationToken ct)
    {
        var import = new Phase("import", "devices", null);
        import.Set(0, fleet.Count);
        var rows = fleet.Rows().Select(row =>
        {
            import.Advance();
            return row;
        });
        ImportAnswer? answer = null;
        await new PhaseBoard(terminal).FollowAsync([import], async () => answer = await client.ImportDevicesAsync(rows, ct));
        var imported = answer!;
        if (imported.Rejected > 0)
        {
            throw new CommandException($"The server refused {imported.Rejected} of {imported.Received} devices: {imported.Errors[0].Detail}");
        }

        var run = new FleetRun(FleetRun.By(client), agent, null, keep);
        return await RunAsync(terminal, forPeople, run, fleet.Devices(), fleet.Count, tally, ct);
    }

    private static async Task<FleetRun> RunAsync(
        Terminal terminal, bool forPeople, FleetRun run, IEnumerable<SimulatedDevice> devices, int count, FleetTally tally, CancellationToken ct)
    {
        Task Work() => run.RunAsync(devices, count, (_, _) => null, tally.Add, ct);
        await (forPeople ? new PhaseBoard(terminal).ShowAsync([run.Enroll, run.CheckIn, run.Report], Work) : Work());
        return run;
    }

    private static FleetRun WithKeys(
        List<DeviceKey> keys, DeviceAgent agent, Func<IEnumerable<DeviceKey>, CancellationToken, Task>? keep)
    {
        var byId = keys.ToDictionary(key => key.DeviceId);
        return new FleetRun(
            (ids, _) => Task.FromResult<IReadOnlyList<(DeviceKey?, string?)>>([.. ids.Select(id => (byId[id], (string?)null))]), agent, null, keep);
    }

    /// <summary>The devices that the keys belong to; as their inventory is known already, they send none.</summary>
    private static IEnumerable<SimulatedDevice> Owners(List<DeviceKey> keys, SimulatedFleet fleet)
    {
        for (var index = 0; index < keys.Count; index++)
        {
            var device = fleet.At(index);
            yield return device with { Id = keys[index].DeviceId, Windows = device.Windows with { UpdatesTo = null } };
        }
    }

    private static void Show(Terminal terminal, Answers answers, SimulatedFleet fleet, FleetTally tally, FleetRun run)
    {
        var deeds = tally.Deeds.Select(deed => (Deed: deed.Key.ToString(), Devices: deed.Value)).ToList();
        IReadOnlyList<Column<(string Deed, int Devices)>> columns = [new("Deed", row => row.Deed), new("Devices", row => row.Devices) { Format = "N0" }];
        answers.One(
            new { run = fleet.FleetTag, devices = tally.Deeds, faults = run.FaultCount, firstFaults = run.Faults }, deeds, columns, () =>
            {
                terminal.Say($"What the devices of {fleet.FleetTag} did:");
                terminal.ShowTable(deeds, columns);
            });
        foreach (var fault in run.Faults)
        {
            terminal.Complain(fault);
        }

        if (run.FaultCount > 0)
        {
            terminal.Complain($"{run.FaultCount} devices could not do what they were to do.");
        }
    }
}
