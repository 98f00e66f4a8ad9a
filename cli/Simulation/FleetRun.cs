using System.Collections.Concurrent;
using Atp.Cli.Client;
using Atp.Core.Agent;

namespace Atp.Cli.Simulation;

/// <summary>
/// Lets devices enroll, check in and report, some at a time. Goes in waves, so that what is remembered of a device between
/// its steps never grows with the fleet.
/// </summary>
public sealed class FleetRun(Func<string, CancellationToken, Task<DeviceKey>> enroll, DeviceAgent agent, Func<long>? transactions)
{
    private const int WaveSize = 1_000;
    private const int AtOnce = 16;
    private const int FaultsKept = 5;
    private readonly ConcurrentQueue<string> faults = new();
    private int faultCount;

    public Phase Enroll { get; } = new("enroll", "devices", transactions);

    public Phase CheckIn { get; } = new("check-in", "devices", transactions);

    public Phase Report { get; } = new("report", "devices", transactions);

    /// <summary>How many devices could not do what they were to do.</summary>
    public int FaultCount => faultCount;

    /// <summary>The first few of them, with why.</summary>
    public IEnumerable<string> Faults => faults;

    /// <param name="devices">Who acts.</param>
    /// <param name="count">How many those are, for the progress.</param>
    /// <param name="complaint">Judges the answer to a check-in; what it returns is a fault.</param>
    /// <param name="did">Told once for every device what it did in the end.</param>
    /// <param name="ct">Cancels.</param>
    public async Task RunAsync(
        IEnumerable<SimulatedDevice> devices, int count, Func<SimulatedDevice, CheckInAnswer, string?> complaint,
        Action<SimulatedDevice, Deed> did, CancellationToken ct)
    {
        foreach (var phase in new[] { Enroll, CheckIn, Report })
        {
            phase.Set(0, count);
        }

        foreach (var wave in devices.Chunk(WaveSize))
        {
            var enrolled = new ConcurrentQueue<(SimulatedDevice Device, DeviceKey Key)>();
            await Enroll.MeasureAsync(() => EachAsync(wave, Enroll, device => device.Id, async (device, token) =>
                enrolled.Enqueue((device, await enroll(device.Id, token))), ct));

            var visits = new ConcurrentQueue<Visit>();
            await CheckIn.MeasureAsync(() => EachAsync(enrolled, CheckIn, actor => actor.Device.Id, async (actor, token) =>
            {
                if (actor.Device.Behaviour == Behaviour.NeverChecksIn)
                {
                    did(actor.Device, Deed.Nothing);
                    return;
                }

                var visit = await agent.VisitAsync(actor.Device, actor.Key, token);
                if (complaint(actor.Device, visit.Answer) is { } wrong)
                {
                    AddFault(wrong);
                }

                visits.Enqueue(visit);
            }, ct));

            await Report.MeasureAsync(() => EachAsync(visits, Report, visit => visit.Device.Id, async (visit, token) =>
                did(visit.Device, await agent.ReportAsync(visit, token)), ct));
        }
    }

    /// <summary>One device that fails stops no other.</summary>
    private Task EachAsync<T>(
        IEnumerable<T> items, Phase phase, Func<T, string> idOf, Func<T, CancellationToken, Task> act, CancellationToken ct) =>
        Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (item, token) =>
        {
            try
            {
                await act(item, token);
                phase.Advance();
            }
            catch (ProblemException problem)
            {
                AddFault($"{idOf(item)}: {problem.ToText()}");
            }
            catch (CommandException e)
            {
                AddFault($"{idOf(item)}: {e.Message}");
            }
        });

    private void AddFault(string text)
    {
        if (Interlocked.Increment(ref faultCount) <= FaultsKept)
        {
            faults.Enqueue(text);
        }
    }
}
