using System.Globalization;
using Atp.Core.Site;

namespace Atp.Functions.Tests.Docs;

/// <summary>US dollars, of East US 2, locally redundant, at list prices. docs/operations.md says where each is from.</summary>
internal sealed record Prices
{
    public decimal GbSecond { get; init; } = 0.000026m;

    public decimal MillionExecutions { get; init; } = 0.40m;

    public decimal FreeGbSeconds { get; init; } = 100_000;

    public decimal FreeExecutions { get; init; } = 250_000;

    public decimal AlwaysReadyBaselineGbSecond { get; init; } = 0.000004m;

    public decimal AlwaysReadyGbSecond { get; init; } = 0.000016m;

    public decimal TableTransactions { get; init; } = 0.00036m; // 10,000

    public decimal QueueOperations { get; init; } = 0.004m; // 10,000

    public decimal TableGb { get; init; } = 0.045m;

    public decimal EgressGb { get; init; } = 0.087m;

    public decimal FreeEgressGb { get; init; } = 100;

    public decimal LogGb { get; init; } = 2.76m;

    public decimal FreeLogGb { get; init; } = 5;

    public decimal SecretOperations { get; init; } = 0.03m; // 10,000
}

/// <summary>What a fleet does in a month of 30 days, and what it is assumed to weigh.</summary>
internal sealed record Inputs
{
    public const int Days = 30;
    public const double Seconds = Days * 86_400.0;

    public int Shards { get; init; } = 64;

    public double CheckInsPerDay { get; init; } = 24;

    /// <summary>Being seen is written down every 12 hours.</summary>
    public double CheckInsWithNewsPerDay { get; init; } = 2;

    public double ReportsPerDay { get; init; } = 1.2;

    /// <summary>New revisions that a device fetches, and deployments of all devices to two collections, a month.</summary>
    public double RevisionsPerMonth { get; init; } = 1;

    public int AssignmentsPerDevice { get; init; } = 1;

    public int CollectionsPerDevice { get; init; } = 2;

    public int Scopes { get; init; } = 50;

    public double RollUpsPerMonth { get; init; } = Inputs.Seconds / SiteTimers.Periods[SiteTimers.RollUpHealth].TotalSeconds;

    public double ReconcilesPerMonth { get; init; } = Inputs.Seconds / SiteTimers.Periods[SiteTimers.Reconcile].TotalSeconds;

    public double InstanceGb { get; init; } = 2;

    /// <summary>That one instance serves.</summary>
    public double CallsPerSecond { get; init; } = 100;

    /// <summary>The service bills at least this long.</summary>
    public double ShortestBilledSeconds { get; init; } = 1;

    /// <summary>Microsoft's target for one partition of a table.</summary>
    public double RowsPerSecond { get; init; } = 2_000;

    public double CheckInKb { get; init; } = 6;

    public double DownloadKb { get; init; } = 20;

    public double ReportKb { get; init; } = 5;

    /// <summary>Of a call with its storage requests, when its trace is kept.</summary>
    public double TraceKb { get; init; } = 4;

    public double TracesKept { get; init; } = 0.01;

    /// <summary>Of one instance a minute.</summary>
    public double MetricKb { get; init; } = 9;

    /// <summary>Lines that host and functions log of a call, where they are kept.</summary>
    public double LinesKb { get; init; } = 1;

    public bool LinesKept { get; init; }

    /// <summary>Storage's own log of a change in a table, 1 KB, as the template asks for it.</summary>
    public bool WritesLogged { get; init; } = true;

    public double FleetKbPerDevice => 1 + (0.7 * AssignmentsPerDevice) + (0.3 * CollectionsPerDevice);

    /// <summary>A delivery's entry and its mark, for as long as the audit is kept: 730 days.</summary>
    public double AuditKbPerDelivery { get; init; } = 1.3;

    /// <summary>Whether check-ins and reports run on instances that are always ready.</summary>
    public bool AlwaysReady { get; init; }
}

/// <summary>One line of the bill.</summary>
internal sealed record Item(string Name, double Quantity, string Unit, decimal Cost);

/// <summary>What so many devices cost in a month, from <see cref="Budgets"/>, what the fleet does, and prices.</summary>
internal sealed class CostModel(long devices, Inputs inputs, Prices prices)
{
    private const int MessagesForOneInstance = 16; // host.json: batchSize, by which the platform scales
    private const int Queues = 6;

    public double CheckIns => devices * inputs.CheckInsPerDay * Inputs.Days;

    public double Reports => devices * inputs.ReportsPerDay * Inputs.Days;

    public double Deliveries => devices * inputs.RevisionsPerMonth;

    public double CheckInTransactions => devices * Inputs.Days
        * ((Budgets.CheckIn * (inputs.CheckInsPerDay - inputs.CheckInsWithNewsPerDay)) + (Budgets.CheckInWithNews * inputs.CheckInsWithNewsPerDay));

    public double ReportTransactions => Reports * Budgets.Report;

    public double DeliveryTransactions => Deliveries * Budgets.Download;

    public double RollUpTransactions =>
        inputs.RollUpsPerMonth * Budgets.RollUp(inputs.Shards, devices * (1 + inputs.AssignmentsPerDevice), inputs.Scopes);

    public double FanOutTransactions => inputs.RevisionsPerMonth * Budgets.FanOut(inputs.Shards, 2, devices);

    /// <summary>Not asserted: timers' own writes, Reconcile, and policies, deployments and rules that each instance reads every 30 seconds.</summary>
    public double OtherTransactions =>
        (3 * inputs.RollUpsPerMonth) + (58 * inputs.ReconcilesPerMonth) + (Instances * 4 * Inputs.Seconds / 30);

    public double Transactions =>
        CheckInTransactions + ReportTransactions + DeliveryTransactions + RollUpTransactions + FanOutTransactions + OtherTransactions;

    /// <summary>Of the host and of the devices: a message is put, got and deleted; idle queues are polled.</summary>
    public double QueueOperations =>
        (3 * Reports) + (2 * inputs.Shards * (inputs.RollUpsPerMonth + inputs.RevisionsPerMonth)) + (Queues * Inputs.Seconds / 5);

    public double Executions => CheckIns + Reports + Deliveries + (inputs.RollUpsPerMonth * (1 + inputs.Shards)) + inputs.ReconcilesPerMonth;

    public double HttpInstances => InstancesFor(CheckIns + Deliveries);

    public double ReportInstances => InstancesFor(Reports);

    /// <summary>That are up at a time, where there is something to do all the time.</summary>
    public double Instances => HttpInstances + ReportInstances + 2;

    /// <summary>How long one roll-up keeps its instances busy: the shards are read side by side.</summary>
    public double RollUpSeconds =>
        Math.Max(inputs.ShortestBilledSeconds, 0.5 + (devices * (1 + inputs.AssignmentsPerDevice) / (double)inputs.Shards / inputs.RowsPerSecond));

    public double SteadyGbSeconds => (ActiveSeconds(CheckIns + Deliveries) + ActiveSeconds(Reports)) * inputs.InstanceGb;

    public double RollUpGbSeconds =>
        inputs.RollUpsPerMonth * (Math.Ceiling(inputs.Shards / (double)MessagesForOneInstance) * RollUpSeconds) * inputs.InstanceGb;

    public double TimerGbSeconds =>
        ((inputs.RollUpsPerMonth * inputs.ShortestBilledSeconds) + (inputs.ReconcilesPerMonth * 2)) * inputs.InstanceGb;

    public double EgressGb => ((CheckIns * inputs.CheckInKb) + (Deliveries * inputs.DownloadKb) + (Reports * inputs.ReportKb)) / 1e6;

    public double LogGb =>
        ((Executions * ((inputs.TraceKb * inputs.TracesKept) + (inputs.LinesKept ? inputs.LinesKb : 0)))
            + (Instances * inputs.MetricKb * Inputs.Seconds / 60) + (inputs.WritesLogged ? Writes : 0)) / 1e6;

    /// <summary>Transactions that change tables.</summary>
    private double Writes =>
        (devices * inputs.CheckInsWithNewsPerDay * Inputs.Days) + Reports + Deliveries + (inputs.RollUpsPerMonth * (inputs.Shards + 10));

    public double TableGb => ((devices * inputs.FleetKbPerDevice) + (Deliveries * inputs.AuditKbPerDelivery * 24)
        + (inputs.Scopes * ((24 * 90) + 640.0)) + (inputs.RollUpsPerMonth / Inputs.Days * inputs.Shards * 2)) / 1e6;

    public double SecretOperations => Instances * 24 * Inputs.Days * 3;

    public IReadOnlyList<Item> Items =>
    [
        new("Executions", Executions, "", PerMany(Executions, 1e6, prices.MillionExecutions, inputs.AlwaysReady ? 0 : prices.FreeExecutions)),
        SteadyTime(),
        new("Execution time: roll-ups, timers", RollUpGbSeconds + TimerGbSeconds, "GB-s", PerMany(
            RollUpGbSeconds + TimerGbSeconds, 1, prices.GbSecond, inputs.AlwaysReady ? prices.FreeGbSeconds : Math.Max(0, prices.FreeGbSeconds - (decimal)SteadyGbSeconds))),
        new("Transactions of tables and blobs", Transactions, "", PerMany(Transactions, 1e4, prices.TableTransactions, 0)),
        new("Queue operations", QueueOperations, "", PerMany(QueueOperations, 1e4, prices.QueueOperations, 0)),
        new("Rows stored", TableGb, "GB", PerMany(TableGb, 1, prices.TableGb, 0)),
        new("Data to devices", EgressGb, "GB", PerMany(EgressGb, 1, prices.EgressGb, prices.FreeEgressGb)),
        new("Telemetry and logs", LogGb, "GB", PerMany(LogGb, 1, prices.LogGb, prices.FreeLogGb)),
        new("Key Vault operations", SecretOperations, "", PerMany(SecretOperations, 1e4, prices.SecretOperations, 0)),
    ];

    public decimal Total => Items.Sum(item => item.Cost);

    private Item SteadyTime()
    {
        const string Name = "Execution time: check-ins, downloads, reports";
        if (!inputs.AlwaysReady)
        {
            return new(Name, SteadyGbSeconds, "GB-s", PerMany(SteadyGbSeconds, 1, prices.GbSecond, prices.FreeGbSeconds));
        }

        var baseline = (HttpInstances + ReportInstances) * Inputs.Seconds * inputs.InstanceGb;
        return new(Name, SteadyGbSeconds, "GB-s",
            PerMany(baseline, 1, prices.AlwaysReadyBaselineGbSecond, 0) + PerMany(SteadyGbSeconds, 1, prices.AlwaysReadyGbSecond, 0));
    }

    private double InstancesFor(double calls) => Math.Max(1, Math.Ceiling(calls / Inputs.Seconds / inputs.CallsPerSecond));

    /// <summary>
    /// An instance is billed while at least one call is under way, a second at least: at few calls each is a second of its own, at
    /// many they overlap, and all of the month is billed.
    /// </summary>
    private double ActiveSeconds(double calls)
    {
        var instances = InstancesFor(calls);
        var underWay = calls / Inputs.Seconds * inputs.ShortestBilledSeconds / instances;
        return instances * Inputs.Seconds * (1 - Math.Exp(-underWay));
    }

    private static decimal PerMany(double quantity, double many, decimal price, decimal free) =>
        Math.Max(0, (decimal)quantity - free) / (decimal)many * price;

    public static string Number(double number) => number switch
    {
        >= 1e9 => string.Create(CultureInfo.InvariantCulture, $"{number / 1e9:0.00} billion"),
        >= 1e6 => string.Create(CultureInfo.InvariantCulture, $"{number / 1e6:0.0} million"),
        >= 10 => string.Create(CultureInfo.InvariantCulture, $"{number:N0}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{number:0.##}"),
    };

    public static string Dollars(decimal amount) => string.Create(CultureInfo.InvariantCulture, $"${amount:N2}");
}
