using System.Collections.Concurrent;
using Atp.Cli.Client;
using Atp.Core.Agent;

namespace Atp.Cli.Simulation;

/// <summary>
/// Lets devices enroll, check in and report, some at a time. Goes in waves, so that what is remembered of a device between
/// its steps never grows with the fleet.
/// </summary>
/// <param name="enroll">Gives the devices of a wave their keys, in their order, or says why not.</param>
/// <param name="agent">Acts for them.</param>
/// <param name="transactions">The service's counter, when it runs in this process.</param>
/// <param name="keep">Told of each key: when it is given out, and when a check-in renewed it.</param>
public sealed class FleetRun(
    Func<IReadOnlyList<string>, CancellationToken, Task<IReadOnlyList<(DeviceKey? Key, string? Refusal)>>> enroll, DeviceAgent agent,
    Func<long>? transactions,
    Func<IEnumerable<DeviceKey>, CancellationToken, Task>? keep = null)
{
    /// <summary>As many as one request enrolls.</summary>
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

    /// <summary>Enrolls at a server.</summary>
    public static Func<IReadOnlyList<string>, CancellationToken, Task<IReadOnlyList<(DeviceKey? Key, string? Refusal)>>> By(AtpClient client) =>
        async (ids, ct) => [.. (await client.EnrollAsync(ids, newKey: false, ct)).Select(given => (given.ToKey(), (string?)given.Refusal))];

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
            var enrolled = new List<(SimulatedDevice Device, DeviceKey Key)>();
            await Enroll.MeasureAsync(async () => enrolled.AddRange(await EnrollAsync(wave, ct)));
            await KeepAsync(enrolled.Select(actor => actor.Key), ct);

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

            await KeepAsync(visits.Select(visit => visit.Key).Except(enrolled.Select(actor => actor.Key)), ct);
            await Report.MeasureAsync(() => EachAsync(visits, Report, visit => visit.Device.Id, async (visit, token) =>
                did(visit.Device, await agent.ReportAsync(visit, token)), ct));
        }
    }

    private async Task<List<(SimulatedDevice Device, DeviceKey Key)>> EnrollAsync(SimulatedDevice[] wave, CancellationToken ct)
    {
        var enrolled = new List<(SimulatedDevice Device, DeviceKey Key)>(wave.Length);
        try
        {
            foreach (var (device, (key, refusal)) in wave.Zip(await enroll([.. wave.Select(device => device.Id)], ct)))
            {
                if (key is null)
                {
                    AddFault($"{device.Id}: {refusal}");
                    continue;
                }

                enrolled.Add((device, key));
                Enroll.Advance();
            }
        }
        catch (Exception e) when (e is ProblemException or CommandException)
        {
            foreach (var device in wave)
            {
                AddFault($"{device.Id}: {(e is ProblemException problem ? problem.ToText() : e.Message)}");
            }
        }

        return enrolled;
    }

    private Task KeepAsync(IEnumerable<DeviceKey> keys, CancellationToken ct) => keep?.Invoke(keys, ct) ?? Task.CompletedTask;

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
