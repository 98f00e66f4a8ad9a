using System.CommandLine;
using Atp.Cli.Simulation;

namespace Atp.Cli.Up;

/// <summary>What <c>atp up</c> was asked for.</summary>
/// <param name="DataFolder">Where data, logs and the connection are kept.</param>
/// <param name="InMemory">Keep no data.</param>
/// <param name="Port">Of the API; 0 takes a free one.</param>
public sealed record UpOptions(string DataFolder, bool InMemory, int Port);

internal static class UpCommand
{
    private const int DefaultPort = 7071;
    private const int MostDevices = 1_000_000;

    public static Command Create(Terminal terminal)
    {
        var devices = new Option<int>("--devices") { Description = "Run the main job with a simulated fleet of so many devices" };
        devices.MustBeBetween(0, MostDevices);
        var checkIns = new Option<int?>("--check-ins") { Description = "Only the first so many of them check in; the others are never reached" };
        checkIns.MustBeBetween(0, MostDevices);
        var seed = new Option<int>("--seed") { Description = "Deals out Windows versions and behaviours", DefaultValueFactory = _ => 1 };
        var exit = new Option<bool>("--exit")
        {
            Description = "End when the job is done: 0 if every figure is what the devices did, else 1",
        };
        var report = new Option<FileInfo?>("--report") { Description = "Write the figures of the job to this file, as JSON" };
        report.AcceptLegalFilePathsOnly();
        var memory = new Option<bool>("--memory") { Description = "Keep nothing" };
        var data = ServerOptions.DataOption();
        var port = new Option<int>("--port")
        {
            Description = "The API's port on 127.0.0.1; 0: a free one",
            DefaultValueFactory = _ => DefaultPort,
        };
        port.MustBeBetween(0, ushort.MaxValue);
        var command = new Command("up", "Start everything on this machine; with --devices, run the main job")
        {
            devices, checkIns, seed, exit, report, memory, data, port,
        };
        command.SetAction(async (parse, ct) =>
        {
            var count = parse.GetValue(devices);
            var options = new UpOptions(parse.GetRequiredValue(data).FullName, parse.GetValue(memory), parse.GetValue(port));
            var fleet = count == 0
                ? null
                : new SimulatedFleet(
                    SimulatedFleet.NewRun(TimeProvider.System), parse.GetValue(seed), count, parse.GetValue(checkIns) ?? int.MaxValue);
            return await RunAsync(terminal, options, fleet, parse.GetValue(exit), parse.GetValue(report), ct);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        Terminal terminal, UpOptions options, SimulatedFleet? fleet, bool exit, FileInfo? report, CancellationToken ct)
    {
        LocalSite? started = null;
        var start = new Phase("start", "", () => started?.Transactions() ?? 0);
        await start.MeasureAsync(async () => started = await LocalSite.StartAsync(options, terminal, ct));
        await using var site = started!;
        site.Introduce(terminal);

        var exitCode = 0;
        if (fleet is not null)
        {
            terminal.Say("");
            new PhaseBoard(terminal).ShowLine(start);
            var result = await new MainJob(terminal, site, fleet, start).RunAsync(ct);
            if (report is not null)
            {
                await result.WriteJsonAsync(report, ct);
            }

            result.ShowVerdict(terminal);
            exitCode = result.ExitCode;
        }

        if (!exit)
        {
            terminal.Say("");
            terminal.Say("Ctrl-C stops everything.");
            await UntilCancelledAsync(ct);
        }

        return exitCode;
    }

    private static async Task UntilCancelledAsync(CancellationToken ct)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = ct.Register(cancelled.SetResult);
        await cancelled.Task;
    }
}
