using System.Diagnostics.Metrics;

namespace Atp.Core.Telemetry;

/// <summary>
/// Everything that the service counts of itself. Names, units and tags are what alerts and workbooks ask for; no tag names a device,
/// a policy or a deployment, so that a fleet of any size makes a few dozen series.
/// </summary>
public sealed class AtpMetrics
{
    public const string MeterName = "Atp.Core";

    private readonly Counter<long> placed;
    private readonly Counter<long> accepted;
    private readonly Counter<long> dropped;
    private readonly Counter<long> damaged;
    private readonly Counter<long> transactions;
    private readonly Counter<long> timersFailed;
    private readonly Histogram<double> rollUpDuration;
    private readonly Gauge<double> rollUpLag;
    private readonly Gauge<long> poison;

    /// <param name="meters">The host's: it disposes of the meter, and tells the meters of several hosts in one process apart.</param>
    public AtpMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        placed = meter.CreateCounter<long>(
            "atp.deployments.devices_placed", "{device}", "Devices that a fan-out, a change of membership or a roll-up placed.");
        accepted = meter.CreateCounter<long>("atp.reports.accepted", "{report}", "Reports that were taken in, or were no news.");
        dropped = meter.CreateCounter<long>("atp.reports.dropped", "{report}", "Reports that no retry can mend, by reason.");
        damaged = meter.CreateCounter<long>(
            "atp.policies.damaged", "{read}", "Reads of a file or key that wasn't what its policy names, by part.");
        transactions = meter.CreateCounter<long>(
            "atp.storage.transactions", "{transaction}", "Storage requests of our own code, retries included, by service and operation.");
        timersFailed = meter.CreateCounter<long>("atp.timers.failed", "{run}", "Runs of a timer function that failed.");
        rollUpDuration = meter.CreateHistogram(
            "atp.rollup.duration", "s", "From a roll-up's as-of to its figures written.", tags: null,
            // A small site takes a second or two; what takes two periods of five minutes is given up.
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600] });
        rollUpLag = meter.CreateGauge<double>("atp.rollup.lag", "s", "Age of the newest figures when a roll-up is due.");
        poison = meter.CreateGauge<long>("atp.poison.messages", "{message}", "Messages that were given up, by the queue that they came from.");
    }

    public void DevicesPlaced(int devices)
    {
        if (devices > 0)
        {
            placed.Add(devices);
        }
    }

    public void ReportAccepted() => accepted.Add(1);

    public void ReportDropped(string reason) => dropped.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void PolicyDamaged(string part) => damaged.Add(1, new KeyValuePair<string, object?>("part", part));

    public void StorageTransaction(string service, string operation) => transactions.Add(
        1, new KeyValuePair<string, object?>("service", service), new KeyValuePair<string, object?>("operation", operation));

    public void RolledUp(TimeSpan duration) => rollUpDuration.Record(duration.TotalSeconds);

    public void FiguresAre(TimeSpan old) => rollUpLag.Record(old.TotalSeconds);

    public void PoisonMessages(string queue, int messages) => poison.Record(messages, new KeyValuePair<string, object?>("queue", queue));

    public void TimerFailed(string timer) => timersFailed.Add(1, new KeyValuePair<string, object?>("timer", timer));
}
