using System.Globalization;
using System.Text.Json;
using Atp.Cli.Exports;
using Atp.Functions.Tests.Audit;
using Atp.Functions.Tests.Devices;
using CsvHelper;

namespace Atp.Functions.Tests.Cli;

/// <summary>All of a list in a file, or no file.</summary>
public sealed class ExportTests(TestStack stack) : IAsyncLifetime
{
    private const int Devices = 2500; // pages of 1,000

    private readonly TemporaryFolder folder = new();
    private AtpHost host = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        host = await AtpHost.StartAsync(stack);
        await host.ImportAsync(Enumerable.Range(0, Devices).Select(i => TestSite.Line($"pc-{i:D4}")));
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task Every_device_is_in_the_CSV_and_in_the_JSON_once()
    {
        var expected = Enumerable.Range(0, Devices).Select(i => $"pc-{i:D4}").ToList();
        var file = Path.Combine(folder.Path, "devices.csv");

        var (exitCode, output, error) = await host.AtpAsync("export", "devices", "--file", file);

        Assert.Equal((0, $"2,500 devices in {file}", ""), (exitCode, output.Trim(), error));
        using var reader = new StreamReader(file);
        using var csv = new CsvReader(reader, CultureInfo.InvariantCulture);
        var rows = csv.GetRecords<dynamic>().ToList();
        Assert.Equal(expected, rows.Select(row => (string)row.id).Order(StringComparer.Ordinal));
        Assert.All(rows, row => Assert.Equal("Windows 10 22H2", (string)row.operatingSystem));
        Assert.Equal([file], Directory.GetFiles(folder.Path));
        using var json = JsonDocument.Parse((await host.AtpAsync("export", "devices", "-o", "json")).Output);
        Assert.Equal(expected, json.RootElement.EnumerateArray().Select(device => device.GetProperty("id").GetString()!).Order(StringComparer.Ordinal));
        // What was intended, and what came of it.
        Assert.Equal(3, (await host.AtpAsync("export", "audit")).Output.Split(",devices.import,").Length);
    }

    [Fact]
    public async Task Members_and_deployments_are_exported_whole()
    {
        var collection = await host.CreateCollectionAsync("All", new { tag = "all" });
        var policy = (string)(await host.CreatePolicyAsync())["id"]!;
        var deployment = await host.DeployAsync(policy, collection);

        Assert.Equal(Devices + 1, Lines((await host.AtpAsync("export", "members", "--collection", collection)).Output));
        Assert.Contains(deployment, (await host.AtpAsync("export", "deployments")).Output, StringComparison.Ordinal);
        Assert.Contains(policy, (await host.AtpAsync("export", "policies", "-o", "json")).Output, StringComparison.Ordinal);
        Assert.Equal(2, Lines((await host.AtpAsync("export", "collections")).Output));
    }

    [Fact]
    public async Task An_export_that_breaks_off_leaves_what_was_there_before_and_nothing_that_looks_whole()
    {
        var file = new FileInfo(Path.Combine(folder.Path, "devices.csv"));
        await File.WriteAllTextAsync(file.FullName, "yesterday's", Stop);

        await Assert.ThrowsAsync<InvalidOperationException>(() => ExportFile.WriteAsync(file, async output =>
        {
            await output.WriteLineAsync("half of it");
            await output.FlushAsync(Stop);
            throw new InvalidOperationException("The server went away.");
        }));

        Assert.Equal("yesterday's", await File.ReadAllTextAsync(file.FullName, Stop));
        Assert.Equal([file.FullName], Directory.GetFiles(folder.Path));
        var other = Path.Combine(folder.Path, "members.csv");
        var (exitCode, output, error) = await host.AtpAsync("export", "members", "--collection", "nothing", "--file", other);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("[collection.not-found]", error, StringComparison.Ordinal);
        Assert.Equal([file.FullName], Directory.GetFiles(folder.Path));
        Assert.Contains("can't be written", (await host.AtpAsync("export", "policies", "--file", Path.Combine(folder.Path, "none", "x.csv"))).Error, StringComparison.Ordinal);
    }

    private static int Lines(string csv) => csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length;
}
