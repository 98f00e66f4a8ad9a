using System.Text.Json;
using Atp.Cli.Client;
using Xunit;

namespace Atp.Functions.Tests.Cli;

/// <summary>The other commands against a running <c>atp up</c>, in the order in which a person uses them.</summary>
public sealed class CommandsTests : IAsyncLifetime
{
    private static readonly TimeSpan StartingTime = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder folder = new();
    private readonly CancellationTokenSource stop = new();
    private readonly CapturedTerminal upTerminal = new();
    private Task<int> up = Task.FromResult(-1);

    public async ValueTask InitializeAsync()
    {
        up = upTerminal.RunAsync(stop.Token, "up", "--memory", "--port", "0", "--data", folder.Path);
        using var deadline = new CancellationTokenSource(StartingTime);
        while (Connection.Find(folder.Path) is null)
        {
            Assert.False(up.IsCompleted, upTerminal.Error);
            await Task.Delay(50, deadline.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await up;
        stop.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_refused_policy_shows_the_code_and_the_field()
    {
        var file = Path.Combine(folder.Path, "notes.zip");
        await File.WriteAllTextAsync(file, "not a zip", TestContext.Current.CancellationToken);

        var (exitCode, terminal) = await AtpAsync("", "policy", "create", "--name", "n", "--file", file);

        Assert.Equal(1, exitCode);
        Assert.Matches(@"\[[a-z][a-z0-9.-]+\]", terminal.Error);
        Assert.Contains("configurationFile:", terminal.Error, StringComparison.Ordinal);
        Assert.Empty(terminal.Output);
    }

    [Fact]
    public async Task A_policy_is_created_deployed_and_shows_in_the_status()
    {
        var package = Path.Combine(folder.Path, "package.zip");
        Assert.Equal(0, (await AtpAsync("", "sample-package", "--out", package)).ExitCode);
        var key = Convert.ToBase64String(new byte[64]);
        var policy = await JsonAsync(
            key + "\n", "policy", "create", "--name", "From the command line", "--file", package, "--workspace-id", Guid.NewGuid().ToString());
        Assert.True(policy.GetProperty("workspace").GetProperty("keySet").GetBoolean());
        Assert.DoesNotContain(key, policy.ToString(), StringComparison.Ordinal);
        var inventory = Path.Combine(folder.Path, "inventory.csv");
        await File.WriteAllTextAsync(
            inventory, "deviceId,name,build,productType\npc-1,PC-1,19045,1\npc-2,PC-2,22631,1\n", TestContext.Current.CancellationToken);
        Assert.Equal(2, (await JsonAsync("", "device", "import", inventory)).GetProperty("created").GetInt32());
        var collection = await JsonAsync("", "collection", "create", "--name", "PCs", "--name-pattern", "PC-*", "--wait");

        var deployment = await JsonAsync(
            "", "deploy", "--policy", policy.GetProperty("id").GetString()!, "--collection", collection.GetProperty("id").GetString()!, "--watch");

        Assert.Equal(2, deployment.GetProperty("progress").GetProperty("devices").GetInt32());
        var status = await JsonAsync("", "status", "--roll-up");
        Assert.Equal(2, status.GetProperty("health").GetProperty("site").GetProperty("neverReached").GetInt32());
        var (exitCode, terminal) = await AtpAsync("", "policy", "list");
        Assert.Equal(0, exitCode);
        Assert.Contains("From the command line", terminal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deployment_is_previewed_refused_and_acknowledged_and_a_policy_moves_after_a_look_at_what_that_changes()
    {
        var package = Path.Combine(folder.Path, "package.zip");
        Assert.Equal(0, (await AtpAsync("", "sample-package", "--out", package)).ExitCode);
        var policies = new List<string>();
        foreach (var name in new[] { "First", "Second" })
        {
            policies.Add((await JsonAsync("", "policy", "create", "--name", name, "--file", package)).GetProperty("id").GetString()!);
        }

        var inventory = Path.Combine(folder.Path, "inventory.csv");
        await File.WriteAllTextAsync(
            inventory, "deviceId,name,build,productType\npc-1,PC-1,19045,1\nsrv-1,SRV-1,14393,3\n", TestContext.Current.CancellationToken);
        await JsonAsync("", "device", "import", inventory);
        var collection = (await JsonAsync("", "collection", "create", "--name", "All", "--name-pattern", "*", "--wait")).GetProperty("id").GetString()!;
        string[] Deploy(int policy, params string[] more) => ["deploy", "--policy", policies[policy], "--collection", collection, .. more];

        var (exitCode, terminal) = await AtpAsync("", Deploy(0, "--preview"));
        Assert.Equal(0, exitCode);
        Assert.Contains("Workspace ID and key", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("SRV-1", terminal.Output, StringComparison.Ordinal);
        Assert.Equal(1, (await JsonAsync("", Deploy(0, "--preview"))).GetProperty("wouldSucceed").GetProperty("devices").GetInt32());

        (exitCode, terminal) = await AtpAsync("", Deploy(0));
        Assert.Equal(1, exitCode);
        Assert.Contains("SRV-1", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("Nothing was deployed", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("--acknowledge-failures", terminal.Error, StringComparison.Ordinal);
        await JsonAsync("", Deploy(0, "--acknowledge-failures", "--watch"));
        await JsonAsync("", Deploy(1, "--acknowledge-failures", "--watch"));

        (exitCode, terminal) = await AtpAsync("", "policy", "order", policies[1], "--increase", "--preview");
        Assert.Equal(0, exitCode);
        Assert.Contains("2 devices would go to another deployment", terminal.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await JsonAsync("", "policy", "show", policies[1])).GetProperty("order").GetInt32());
        Assert.Equal(1, (await JsonAsync("", "policy", "order", policies[1], "--increase")).GetProperty("order").GetInt32());
        (exitCode, terminal) = await AtpAsync("", "policy", "order", policies[1], "--increase");
        Assert.Equal(1, exitCode);
        Assert.Contains("policy.order-first", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Simulated_devices_come_back_with_the_keys_that_they_were_given()
    {
        var keys = Path.Combine(folder.Path, "keys.ndjson");
        var first = await JsonAsync("", "simulate", "--devices", "5", "--run", "again", "--save-keys", keys);
        Assert.Equal(0, first.GetProperty("faults").GetInt32());
        Assert.Equal(5, File.ReadAllLines(keys).Length);

        var second = await JsonAsync("", "simulate", "--keys", keys);

        Assert.Equal(0, second.GetProperty("faults").GetInt32());
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(keys));
        }
    }

    [Fact]
    public async Task Ctrl_C_stops_everything_and_removes_the_connection()
    {
        Assert.NotEmpty((await AtpAsync("", "token")).Terminal.Output.Trim());

        await stop.CancelAsync();

        Assert.Equal(0, await up);
        Assert.Null(Connection.Find(folder.Path));
        Assert.Equal(1, (await AtpAsync("", "status")).ExitCode);
    }

    private async Task<(int ExitCode, CapturedTerminal Terminal)> AtpAsync(string input, params string[] arguments)
    {
        var terminal = new CapturedTerminal();
        return (await terminal.RunAsync(input, TestContext.Current.CancellationToken, [.. arguments, "--data", folder.Path]), terminal);
    }

    private async Task<JsonElement> JsonAsync(string input, params string[] arguments)
    {
        var (exitCode, terminal) = await AtpAsync(input, [.. arguments, "--json"]);
        Assert.True(exitCode == 0, terminal.Error + terminal.Output);
        return JsonSerializer.Deserialize<JsonElement>(terminal.Output);
    }

}
