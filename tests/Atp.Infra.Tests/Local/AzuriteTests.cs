using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Azure;
using Azure.Data.Tables;
using Atp.Local;
using Xunit;

namespace Atp.Infra.Tests.Local;

public sealed class AzuriteTests
{
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
        await using var azurite = await Azurite.StartAsync(new AzuriteOptions { AccountCount = 300 }, Stop);

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
        await using var azurite = await Azurite.StartAsync(new AzuriteOptions { AccountCount = 2 }, Stop);
        var (mine, other) = (azurite.Accounts[0], azurite.Accounts[1]);
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

        var row = await new TableClient(second.Accounts[0].ConnectionString, "things").GetEntityAsync<TableEntity>("a", "b", cancellationToken: Stop);
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

        Assert.Equal($"Azurite could not start: port {port} is in use. Stop the process that listens there, or choose another port.", error.Message);
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
        await using var azurite = await Azurite.StartAsync(new AzuriteOptions(), Stop);

        using var kill = Process.Start("kill", ["-INT", azurite.ProcessId.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(Stop);

        await new TableClient(azurite.Accounts[0].ConnectionString, "things").CreateAsync(Stop);
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
