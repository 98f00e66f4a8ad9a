using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Atp.Local;
using Azure;
using Azure.Data.Tables;

namespace Atp.Infra.Tests.Local;

public sealed class AzuriteTests(AzuriteTests.Crowd crowd) : IClassFixture<AzuriteTests.Crowd>
{
    public sealed class Crowd : IAsyncLifetime
    {
        public Azurite Azurite { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Azurite = await Azurite.StartAsync(new AzuriteOptions { AccountCount = 300 }, Stop);

        public ValueTask DisposeAsync() => Azurite.DisposeAsync();
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_answers_on_all_three_endpoints_and_is_gone_after_disposal()
    {
        var azurite = await Azurite.StartAsync(new AzuriteOptions(), Stop);
        var account = azurite.Accounts.Single();
        await new TableClient(account.ConnectionString, "things").CreateAsync(Stop);
        foreach (var endpoint in new[] { account.BlobEndpoint, account.QueueEndpoint, account.TableEndpoint })
        {
            Assert.True(await IsOpenAsync(endpoint.Port));
        }
        using var process = Process.GetProcessById(azurite.ProcessId);

        await azurite.DisposeAsync();

        Assert.True(process.HasExited);
        Assert.False(await IsOpenAsync(account.TableEndpoint.Port));
    }

    [Fact]
    public async Task Three_hundred_accounts_do_not_see_one_another()
    {
        var azurite = crowd.Azurite;

        Assert.Equal(300, azurite.Accounts.Select(a => (a.Name, a.Key)).Distinct().Count());
        var first = new TableServiceClient(azurite.Accounts[0].ConnectionString);
        var last = new TableServiceClient(azurite.Accounts[299].ConnectionString);
        await first.CreateTableAsync("things", Stop);
        Assert.Empty(await last.QueryAsync(cancellationToken: Stop).ToListAsync(Stop));
        await last.CreateTableAsync("things", Stop);
    }

    [Fact]
    public async Task A_wrong_key_is_refused()
    {
        var (mine, other) = (crowd.Azurite.Accounts[1], crowd.Azurite.Accounts[2]);
        var client = new TableServiceClient(mine.TableEndpoint, new TableSharedKeyCredential(mine.Name, other.Key));

        var refused = await Assert.ThrowsAsync<RequestFailedException>(async () => await client.CreateTableAsync("things", Stop));

        Assert.Equal(403, refused.Status);
    }

    [Fact]
    public async Task A_kept_folder_gives_its_data_back_at_the_next_start()
    {
        using var folder = new TemporaryFolder();
        var options = new AzuriteOptions
        {
            DataFolder = folder.Path,
            Accounts = [new StorageAccountKey("kept", Convert.ToBase64String(new byte[64]))],
        };
        await using (var first = await Azurite.StartAsync(options, Stop))
        {
            var table = new TableClient(first.Accounts[0].ConnectionString, "things");
            await table.CreateAsync(Stop);
            await table.AddEntityAsync(new TableEntity("a", "b") { ["Colour"] = "green" }, Stop);
        }

        await using var second = await Azurite.StartAsync(options, Stop);

        var kept = new TableClient(second.Accounts[0].ConnectionString, "things");
        var row = await kept.GetEntityAsync<TableEntity>("a", "b", cancellationToken: Stop);
        Assert.Equal("green", row.Value.GetString("Colour"));
    }

    [Theory]
    [InlineData("blob")]
    [InlineData("queue")]
    [InlineData("table")]
    public async Task A_chosen_port_that_is_in_use_is_named_in_one_line(string service)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var options = service switch
        {
            "blob" => new AzuriteOptions { BlobPort = port },
            "queue" => new AzuriteOptions { QueuePort = port },
            _ => new AzuriteOptions { TablePort = port },
        };

        var error = await Assert.ThrowsAsync<LocalStackException>(() => Azurite.StartAsync(options, Stop));

        Assert.Equal($"Azurite could not start: port {port} is in use. "
            + "Stop the process that listens there, or choose another port.", error.Message);
    }

    [Fact]
    public async Task It_ends_when_the_process_that_started_it_is_killed_hard()
    {
        using var parent = Process.Start(new ProcessStartInfo(Environment.ProcessPath!)
        {
            Environment = { [AzuriteHolder.Variable] = "1" },
            RedirectStandardOutput = true,
        })!;
        var port = int.Parse((await parent.StandardOutput.ReadLineAsync(Stop))!, CultureInfo.InvariantCulture);
        Assert.True(await IsOpenAsync(port));

        parent.Kill(); // the parent alone: its children are left to themselves

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        while (await IsOpenAsync(port))
        {
            await Task.Delay(50, limit.Token);
        }
    }

    [Fact]
    public async Task Ctrl_C_in_the_terminal_leaves_it_to_its_parent()
    {
        using var kill = Process.Start("kill", ["-INT", crowd.Azurite.ProcessId.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(Stop);

        await new TableClient(crowd.Azurite.Accounts[3].ConnectionString, "things").CreateAsync(Stop);
    }

    [Fact]
    public async Task Without_Node_js_one_line_says_what_to_install()
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!)
        {
            Environment = { [AzuriteHolder.Variable] = "1", ["PATH"] = "/nowhere" },
            RedirectStandardOutput = true,
        })!;

        var output = await process.StandardOutput.ReadToEndAsync(Stop);

        Assert.Matches(@"^Azurite could not start: node can't be run \(.+\)\. "
            + @"Install Node\.js 20 or newer, with npm, and see that it is on the PATH\.$", output.TrimEnd());
    }

    [Fact]
    public async Task An_installation_that_fails_gives_npms_reason_in_one_line()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "package.json"),
            """{ "name": "broken", "dependencies": { "gone": "file:gone.tgz" } }""", Stop);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "package-lock.json"), """
            { "name": "broken", "lockfileVersion": 3, "requires": true, "packages": {
              "": { "name": "broken", "dependencies": { "gone": "file:gone.tgz" } },
              "node_modules/gone": { "version": "1.0.0", "resolved": "file:gone.tgz" } } }
            """, Stop);

        var error = await Assert.ThrowsAsync<LocalStackException>(() =>
            AzuriteInstallation.EnsureAsync(folder.Path, progress: null, Stop));

        Assert.StartsWith($"Azurite could not start: 'npm ci' in {folder.Path} failed: code ENOENT; ", error.Message, StringComparison.Ordinal);
        Assert.Contains("gone.tgz", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    private static async Task<bool> IsOpenAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, Stop);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
