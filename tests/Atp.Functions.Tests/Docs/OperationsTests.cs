using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using static System.FormattableString;

namespace Atp.Functions.Tests.Docs;

/// <summary>
/// docs/operations.md says what a fleet costs, from the counts that <see cref="BudgetTests"/> asserts. Its tables are made here; with
/// <c>ATP_ACCEPT_SNAPSHOTS=1</c> they are written anew.
/// </summary>
public sealed partial class OperationsTests
{
    private static readonly long[] Fleets = [1_000, 100_000, 1_000_000];

    private static readonly Inputs Usual = new();

    private static readonly Prices List = new();

    private static readonly (string What, Inputs Inputs)[] Levers =
    [
        ("as above", Usual),
        ("6 check-ins a day (`ATP_CHECK_IN_MINUTES` 240)", Usual with { CheckInsPerDay = 6 }),
        ("instances of 512 MB, that serve a quarter (`ATP_INSTANCE_MEMORY_MB`)", Usual with { InstanceGb = 0.5, CallsPerSecond = Usual.CallsPerSecond / 4 }),
        ("always ready instances for check-ins and reports (`ATP_ALWAYS_READY`)", Usual with { AlwaysReady = true }),
        ("a roll-up an hour ([not a setting](#roll-ups-less-often))", Usual with { RollUpsPerMonth = Inputs.Days * 24 }),
        ("256 shards", Usual with { Shards = 256 }),
        ("no log of each change in a table (`main.bicep`)", Usual with { WritesLogged = false }),
        ("every trace and line kept (`ATP_TRACE_RATIO` 1, `ATP_LOG_LINES` true)", Usual with { TracesKept = 1, LinesKept = true }),
    ];

    private readonly string path = Pages.PathOf("operations.md");

    [Fact]
    public void The_page_shows_what_the_asserted_counts_and_the_stated_prices_come_to()
    {
        var page = File.ReadAllText(path);
        var made = new Dictionary<string, string>
        {
            ["headline"] = Headline(),
            ["prices"] = PriceTable(),
            ["transactions"] = Transactions(),
            ["bill"] = Bill(),
            ["levers"] = LeverTable(),
            ["load"] = Load(),
            ["inputs"] = InputTable(),
            ["shards"] = ShardTable(),
        };
        var shown = Made().Matches(page).ToDictionary(m => m.Groups["name"].Value, m => m.Groups["text"].Value);
        Assert.Equal(made.Keys.Order(), shown.Keys.Order());

        if (made.Any(table => shown[table.Key] != table.Value) && Environment.GetEnvironmentVariable("ATP_ACCEPT_SNAPSHOTS") == "1")
        {
            File.WriteAllText(path, Made().Replace(page, m => $"<!-- made: {m.Groups["name"].Value} -->\n{made[m.Groups["name"].Value]}<!-- end -->"));
            return;
        }

        Assert.All(made, table => Assert.True(shown[table.Key] == table.Value,
            $"operations.md shows as {table.Key}:\n{shown[table.Key]}\nand it comes to:\n{table.Value}\nRun with ATP_ACCEPT_SNAPSHOTS=1 to take that over."));
    }

    private static CostModel Of(long devices, Inputs? inputs = null) => new(devices, inputs ?? Usual, List);

    private static string Headline() => Rows(
        ["Devices", "A month", "A device and month", "Most of it"],
        Fleets.Select(devices =>
        {
            var model = Of(devices);
            var largest = model.Items.MaxBy(item => item.Cost)!;
            return new[]
            {
                Count(devices), CostModel.Dollars(model.Total), Invariant($"{model.Total / devices * 100:0.00} cents"),
                Invariant($"{largest.Name}, {largest.Cost / model.Total:P0}"),
            };
        }));

    private static string PriceTable() => Rows(
        ["What", "Price", "Free a month", "Source"],
        [
            ["Flex Consumption on demand, execution time", $"${List.GbSecond} a GB-s", $"{CostModel.Number((double)List.FreeGbSeconds)} GB-s", "Retail Prices API, East US 2, 2026-09-23"],
            ["Flex Consumption, executions", $"${List.MillionExecutions} a million", $"{CostModel.Number((double)List.FreeExecutions)}", "the same"],
            ["Always ready: baseline, and while it executes", $"${List.AlwaysReadyBaselineGbSecond} and ${List.AlwaysReadyGbSecond} a GB-s", "", "Retail Prices API, East US 2, 2026-09-26"],
            ["Tables, any operation", $"${List.TableTransactions} per 10,000", "", "Retail Prices API, East US 2, LRS, 2026-09-22"],
            ["Tables, stored", $"${List.TableGb} a GB", "", "the same"],
            ["Queues (general purpose v2), class 1 and 2", $"${List.QueueOperations} per 10,000", "", "Retail Prices API, Australia East, LRS, 2026; of East US 2 none was at hand"],
            ["Data out of Azure, the first 10 TB", $"${List.EgressGb} a GB", $"{List.FreeEgressGb} GB", "Bandwidth pricing page, 2026-10-05"],
            ["Application Insights (Log Analytics), ingestion", $"${List.LogGb} a GB", $"{List.FreeLogGb} GB", "Retail Prices API, East US 2, 2026-09-23 ($2.30 in East US)"],
            ["Key Vault, standard", $"${List.SecretOperations} per 10,000", "", "second hand, undated: check"],
        ]);

    private static string InputTable() => Rows(
        ["What", "Taken as", "Is"],
        [
            ["A month", $"{Inputs.Days} days", "definition"],
            ["Check-ins", $"{Usual.CheckInsPerDay} a device and day, spread evenly", "`Atp:Site:CheckInMinutes` 60, and its jitter"],
            ["of them with something to write down", $"{Usual.CheckInsWithNewsPerDay} a day", "code: being seen is noted every 12 hours"],
            ["Reports", Invariant($"{Usual.ReportsPerDay} a device and day, each a message of its own, into the queue"), "daily, and on change: assumed"],
            ["New revisions", $"{Usual.RevisionsPerMonth} a device and month; as many deployments of all devices to two collections", "assumed"],
            ["Roll-ups, Reconcile", $"{CostModel.Number(Usual.RollUpsPerMonth)} and {CostModel.Number(Usual.ReconcilesPerMonth)} a month", "code: every 5 and 10 minutes"],
            ["Shards, scopes", $"{Usual.Shards}, {Usual.Scopes}", "`Atp:Site:ShardCount`; assumed"],
            ["Rows", $"{Usual.AssignmentsPerDevice} assignment and {Usual.CollectionsPerDevice} collections a device", "assumed"],
            ["Size of rows", Invariant($"{Usual.FleetKbPerDevice} KB a device with them; {Usual.AuditKbPerDelivery} KB a delivery in the audit, kept for 730 days"), "estimated from their columns"],
            ["Instances", Invariant($"{Usual.InstanceGb} GB; one serves {Usual.CallsPerSecond} calls a second"), "assumed: measure with your agents"],
            ["Billed at least", $"{Usual.ShortestBilledSeconds} second an activity of an instance", "Flex Consumption plan, Billing"],
            ["Reading a shard", Invariant($"{Usual.RowsPerSecond:N0} rows a second, {Math.Ceiling(Usual.Shards / 16.0)} instances at a time"), "Microsoft's target for a partition; `host.json`"],
            ["Data out", $"{Usual.CheckInKb} KB a check-in, {Usual.DownloadKb} KB a download, {Usual.ReportKb} KB a report, TLS handshake included", "assumed: no connection lasts an hour"],
            ["Traces", Invariant($"{Usual.TraceKb} KB a call, {Usual.TracesKept:P0} of them kept; {Usual.MetricKb} KB of metrics an instance and minute"), "assumed; `ATP_TRACE_RATIO` 0.01"],
            ["Log lines", Invariant($"{Usual.LinesKb} KB a call, not kept"), "assumed; `ATP_LOG_LINES` false"],
            ["Storage's own logs", "1 KB each change in a table", "the template's diagnostic settings"],
        ]);

    private static string ShardTable() => Rows(
        ["Shards", "Devices a shard, of 1,000,000", "Reading one, of 1,000,000", "of 100,000", "What they add to the roll-ups, a month"],
        new[] { 8, 16, 64, 128, 256 }.Select(shards =>
        {
            var model = Of(0, Usual with { Shards = shards });
            return new[]
            {
                Count(shards), CostModel.Number(1_000_000.0 / shards), Invariant($"{2 * 1_000_000 / shards / Usual.RowsPerSecond:0.0} s"),
                Invariant($"{2 * 100_000 / shards / Usual.RowsPerSecond:0.0} s"),
                $"{CostModel.Number(Budgets.RollUpPerShard * shards * Usual.RollUpsPerMonth)} transactions, {CostModel.Dollars(model.Total - Of(0, Usual with { Shards = 1 }).Total)}",
            };
        }));

    private static string Transactions() => Rows(
        ["Work", "Transactions", .. Fleets.Select(Count)],
        [
            Counted("Check-ins", $"{Budgets.CheckIn}; {Budgets.CheckInWithNews} with something to write down", model => model.CheckInTransactions),
            Counted("Reports", $"{Budgets.Report}; over HTTP {Budgets.ReportOverHttp} more", model => model.ReportTransactions),
            Counted("Downloads", $"{Budgets.Download}", model => model.DeliveryTransactions),
            Counted("Roll-ups", Invariant($"{Budgets.RollUpPerShard} a shard, 1 per {Budgets.RollUpRowsForOne:N0} rows, {Budgets.RollUpPerRun} a run, 1 per {Budgets.RollUpScopesForOne} scopes"), model => model.RollUpTransactions),
            Counted("Fan-out", Invariant($"{Budgets.FanOutPerShard} a shard, {Budgets.FanOutPerShardAndCollection} a shard and collection, {Budgets.FanOutPerDevice} a device"), model => model.FanOutTransactions),
            Counted("Timers, Reconcile, what instances remember", "estimated: 3 a roll-up, 58 a Reconcile, 4 an instance each 30 s", model => model.OtherTransactions),
            Counted("**All**", "", model => model.Transactions),
        ]);

    private static string[] Counted(string work, string transactions, Func<CostModel, double> count) =>
        [work, transactions, .. Fleets.Select(devices => CostModel.Number(count(Of(devices))))];

    private static string Bill()
    {
        var bills = Fleets.Select(devices => Of(devices)).ToList();
        return Rows(
            ["Item", .. Fleets.SelectMany(devices => new[] { Count(devices), "$" })],
            [
                .. bills[0].Items.Select((item, i) => new[] { item.Unit.Length == 0 ? item.Name : $"{item.Name} ({item.Unit})" }
                    .Concat(bills.SelectMany(bill => new[] { CostModel.Number(bill.Items[i].Quantity), Amount(bill.Items[i].Cost) })).ToArray()),
                ["**All**", .. bills.SelectMany(bill => new[] { "", $"**{Amount(bill.Total)}**" })],
            ]);
    }

    private static string LeverTable() => Rows(
        ["With", .. Fleets.Select(Count)],
        Levers.Select(lever => new[] { lever.What }.Concat(Fleets.Select(devices => CostModel.Dollars(Of(devices, lever.Inputs).Total))).ToArray()));

    /// <summary>What a million devices ask of each part.</summary>
    private static string Load()
    {
        const long Devices = 1_000_000;
        var perSecond = Devices / 3600.0;
        return Rows(
            ["Moment", "Calls a second", "Storage requests a second", "Rows a second and partition"],
            [
                At("usual: spread over the hour", perSecond),
                At("all within 10 minutes, after an outage", Devices / 600.0),
                At("all within a minute", Devices / 60.0),
            ]);

        // Each reads the device with its assignment, and, where something is new, writes both.
        static string[] At(string moment, double calls) =>
        [
            moment, CostModel.Number(calls), $"{CostModel.Number(calls * Budgets.CheckIn)} to {CostModel.Number(calls * Budgets.CheckInWithNews)}",
            $"{CostModel.Number(2 * calls / Usual.Shards)} to {CostModel.Number(4 * calls / Usual.Shards)}",
        ];
    }

    private static string Count(long number) => Invariant($"{number:N0}");

    private static string Amount(decimal cost) => Invariant($"{cost:N2}");

    private static string Rows(IReadOnlyList<string> head, IEnumerable<string[]> rows)
    {
        var table = new StringBuilder($"| {string.Join(" | ", head)} |\n|{string.Concat(head.Select(_ => "---|"))}\n");
        foreach (var row in rows)
        {
            table.Append("| ").AppendJoin(" | ", row).Append(" |\n");
        }

        table.Replace("|  |", "| |").Replace("|  |", "| |"); // an empty cell, and the one after it
        return table.ToString();
    }

    [GeneratedRegex("<!-- made: (?<name>[a-z]+) -->\n(?<text>.*?)<!-- end -->", RegexOptions.Singleline)]
    private static partial Regex Made();
}
