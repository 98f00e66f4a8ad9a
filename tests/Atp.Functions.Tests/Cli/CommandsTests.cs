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
    public async Task The_status_shows_the_prerequisites_first_and_the_devices_behind_a_figure_are_listed()
    {
        var package = Path.Combine(folder.Path, "package.zip");
        await AtpAsync("", "sample-package", "--out", package);
        var policy = await JsonAsync("", "policy", "create", "--name", "Onboard all", "--file", package);
        var inventory = Path.Combine(folder.Path, "inventory.csv");
        await File.WriteAllTextAsync(
            inventory, "deviceId,name,build,productType\npc-1,PC-1,19045,1\npc-2,PC-2,22631,1\nsrv-1,SRV-1,9600,3\n", TestContext.Current.CancellationToken);
        await JsonAsync("", "device", "import", inventory);
        var collection = await JsonAsync("", "collection", "create", "--name", "All", "--name-pattern", "*", "--wait");
        var deploymentId = (await JsonAsync(
            "", "deploy", "--policy", policy.GetProperty("id").GetString()!, "--collection", collection.GetProperty("id").GetString()!, "--acknowledge-failures", "--watch"))
            .GetProperty("id").GetString()!;

        var (exitCode, status) = await AtpAsync("", "status", "--roll-up", "--by", "deployment");

        Assert.Equal(0, exitCode);
        Assert.StartsWith("Configuration Manager 2207, ", status.Output, StringComparison.Ordinal);
        Assert.Contains("Warning: Timer Reconcile has not run yet.", status.Output, StringComparison.Ordinal);
        Assert.InRange(status.Output.IndexOf("Warning: ", StringComparison.Ordinal), 1, status.Output.IndexOf("Onboarding status", StringComparison.Ordinal));
        Assert.Contains($"deployment!{deploymentId}", status.Output, StringComparison.Ordinal);
        var json = await JsonAsync("", "status", "--by", "organisation");
        Assert.Equal(AtpHost.AllRoles.Length, json.GetProperty("site").GetProperty("roles").GetProperty("yours").GetArrayLength());

        Assert.Equal(["srv-1"], await ListedAsync("--deployment", deploymentId, "--status", "error"));
        Assert.Equal(["pc-1"], await ListedAsync("--scope", "os!Windows 10 22H2", "--health", "NeverReached"));
        Assert.Equal(["pc-1", "pc-2"], await ListedAsync("--name", "PC-?"));
        var (_, two) = await AtpAsync("", "device", "list", "--top", "2", "--scope", $"deployment!{deploymentId}");
        Assert.Contains("Windows", two.Output, StringComparison.Ordinal);
        Assert.Contains("There are more than these 2", two.Error, StringComparison.Ordinal);
        var (refused, problem) = await AtpAsync("", "device", "list", "--health", "well");
        Assert.Equal(1, refused);
        Assert.Contains("health:", problem.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_device_is_explained_retired_and_reinstated()
    {
        var package = Path.Combine(folder.Path, "package.zip");
        await AtpAsync("", "sample-package", "--out", package);
        var policy = await JsonAsync("", "policy", "create", "--name", "Without [workspace]", "--file", package);
        var inventory = Path.Combine(folder.Path, "inventory.csv");
        await File.WriteAllTextAsync(inventory, "deviceId,name,build,productType\nsrv-1,SRV-1,14393,3\n", TestContext.Current.CancellationToken);
        await JsonAsync("", "device", "import", inventory);
        var collection = await JsonAsync("", "collection", "create", "--name", "Servers", "--name-pattern", "SRV-*", "--wait");
        await JsonAsync("", "deploy", "--policy", policy.GetProperty("id").GetString()!, "--collection", collection.GetProperty("id").GetString()!, "--acknowledge-failures", "--watch");

        var (exitCode, terminal) = await AtpAsync("", "device", "show", "SRV-1");

        Assert.Equal(0, exitCode);
        var shown = string.Join(' ', terminal.Output.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries).Where(word => word.Any(c => c < 128)));
        Assert.All(new[] { "Windows Server 2016", "not enrolled", "Effective policy", "Without [workspace]", "down-level and needs the Workspace ID" },
            text => Assert.Contains(text, shown, StringComparison.Ordinal));

        var retired = await JsonAsync("", "device", "retire", "srv-1", "--reason", "Sold", "--replaced-by", "srv-2");
        Assert.Equal(("Sold", "srv-2"), (retired.GetProperty("retirement").GetProperty("reason").GetString(), retired.GetProperty("retirement").GetProperty("replacedBy").GetString()));
        Assert.Contains("SRV-1 is retired: Sold.", (await AtpAsync("", "device", "show", "srv-1")).Terminal.Output, StringComparison.Ordinal);
        Assert.False((await JsonAsync("", "device", "reinstate", "srv-1")).TryGetProperty("retirement", out _));
        var (failed, refusal) = await AtpAsync("", "device", "show", "nobody");
        Assert.Equal(1, failed);
        Assert.Contains("[device.not-found]", refusal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Collections_are_made_of_others_changed_and_shown_with_their_evaluation()
    {
        var inventory = Path.Combine(folder.Path, "inventory.csv");
        await File.WriteAllTextAsync(
            inventory, "deviceId,name,build,productType\npc-1,PC-1,19045,1\npc-2,PC-2,22631,1\nsrv-1,SRV-1,14393,3\n", TestContext.Current.CancellationToken);
        await JsonAsync("", "device", "import", inventory);
        var pcs = await CreateAsync("PCs", "--name-pattern", "PC-*");
        var eleven = await CreateAsync("Windows 11", "--os", "Windows 11*");
        var everything = await CreateAsync("Everything", "--name-pattern", "*", "--agent", "DefenderClient");

        var mixed = await CreateAsync("Mixed", "--include", pcs, everything, "--exclude", eleven, "--limit-to", everything);
        var shown = await AtpAsync("", "collection", "show", mixed);
        Assert.Equal(2, (await JsonAsync("", "collection", "show", mixed)).GetProperty("members").GetInt32());
        foreach (var line in new[]
        {
            $@"Includes.*\({(string.CompareOrdinal(pcs, everything) < 0 ? pcs : everything)}\)", $@"PCs \({pcs}\)", $@"Excludes.*Windows 11 \({eleven}\)", $@"Limited to.*Everything \({everything}\)", "Down-level agent.*MonitoringAgent",
            @"Full evaluation.*64 of 64 shards, 20..-", "Incremental evaluation.*not yet",
        })
        {
            Assert.Matches(line, shown.Terminal.Output);
        }

        var refused = await AtpAsync("", "collection", "update", pcs, "--include", mixed);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("'PCs' includes 'Mixed', which includes 'PCs'", refused.Terminal.Error, StringComparison.Ordinal);

        var changed = await JsonAsync("", "collection", "update", mixed, "--include", pcs, "--exclude", "--limit-to", "", "--agent", "DefenderClient", "--name", "Renamed", "--wait");
        Assert.Equal(("Renamed", 2), (changed.GetProperty("name").GetString(), changed.GetProperty("members").GetInt32()));
        Assert.Equal([pcs], changed.GetProperty("includeCollectionIds").EnumerateArray().Select(id => id.GetString()!));
        Assert.Empty(changed.GetProperty("excludeCollectionIds").EnumerateArray());
        Assert.False(changed.TryGetProperty("limitingCollectionId", out _));

        await JsonAsync("", "status", "--roll-up");
        Assert.Matches("Incremental evaluation.*20..-", (await AtpAsync("", "collection", "show", mixed)).Terminal.Output);
        Assert.Equal(0, (await JsonAsync("", "collection", "update", pcs, "--no-query", "--wait")).GetProperty("members").GetInt32());
        Assert.Equal(0, (await JsonAsync("", "collection", "show", mixed)).GetProperty("members").GetInt32());
        Assert.Equal(1, (await AtpAsync("", "collection", "update", pcs)).ExitCode);

        async Task<string> CreateAsync(string name, params string[] options) =>
            (await JsonAsync("", ["collection", "create", "--name", name, .. options, "--wait"])).GetProperty("id").GetString()!;
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
    public async Task Devices_are_enrolled_into_a_file_and_the_enrollment_key_is_rotated_only_when_that_is_meant()
    {
        var inventory = Path.Combine(folder.Path, "inventory.csv");
        await File.WriteAllTextAsync(
            inventory, "deviceId,name,build,productType\npc-1,PC-1,19045,1\npc-2,PC-2,22631,1\n", TestContext.Current.CancellationToken);
        await JsonAsync("", "device", "import", inventory);
        var ids = Path.Combine(folder.Path, "ids.txt");
        await File.WriteAllTextAsync(ids, "pc-2\nnobody\n", TestContext.Current.CancellationToken);
        var keys = Path.Combine(folder.Path, "enrolled.ndjson");

        var (exitCode, terminal) = await AtpAsync("", "device", "enroll", "pc-1", "--file", ids, "--keys", keys);

        Assert.Equal(1, exitCode);
        Assert.Contains("2 of 3 devices were enrolled", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("nobody: There is no such device. [device.not-found]", terminal.Error, StringComparison.Ordinal);
        var renewed = Path.Combine(folder.Path, "renewed.ndjson");
        Assert.Equal(0, (await JsonAsync("", "simulate", "--keys", keys, "--save-keys", renewed)).GetProperty("faults").GetInt32());
        Assert.Equal(["pc-1", "pc-2"], File.ReadLines(renewed).Select(line => JsonSerializer.Deserialize<DeviceKey>(line, AtpClient.Json)!.DeviceId));

        (exitCode, terminal) = await AtpAsync("", "site", "rotate-enrollment-keys");
        Assert.Equal(1, exitCode);
        Assert.Contains("Add --yes if that is meant.", terminal.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await JsonAsync("", "site", "rotate-enrollment-keys", "--yes")).GetProperty("generation").GetInt32());
        (exitCode, terminal) = await AtpAsync("", "site", "retire-enrollment-key", "--yes", "--force");
        Assert.Equal(1, exitCode);
        Assert.Contains("[enrollment-keys.too-soon]", terminal.Error, StringComparison.Ordinal);
        var status = (await AtpAsync("", "status", "--roll-up")).Terminal.Output;
        Assert.Contains("Enrollment keys: generation 2, 0 days old, rotated at 20", status, StringComparison.Ordinal);
        Assert.Contains("2 devices on it", status, StringComparison.Ordinal);
        Assert.Contains("Warning: Still on the old enrollment key: 2 devices.", status, StringComparison.Ordinal);
        Assert.Contains("2 on an old enrollment key", status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_simulated_device_reports_the_file_samples_that_its_policy_asks_for()
    {
        var package = Path.Combine(folder.Path, "package.zip");
        await AtpAsync("", "sample-package", "--out", package);
        var policy = await JsonAsync("", "policy", "create", "--name", "No samples", "--file", package, "--file-samples", "None");
        var collection = await JsonAsync("", "collection", "create", "--name", "Simulated", "--tag", "samples", "--wait");
        await JsonAsync("", "deploy", "--policy", policy.GetProperty("id").GetString()!, "--collection", collection.GetProperty("id").GetString()!, "--watch");

        Assert.Equal(0, (await JsonAsync("", "simulate", "--devices", "5", "--run", "samples")).GetProperty("faults").GetInt32());

        await Eventually.TrueAsync(async () =>
        {
            var told = new List<string?>();
            for (var index = 0; index < 5; index++)
            {
                var device = await JsonAsync("", "device", "show", $"samples-{index:D6}");
                if (device.TryGetProperty("lastReport", out var report) && report.TryGetProperty("fileSamples", out var samples))
                {
                    told.Add(samples.GetString());
                    Assert.False(device.GetProperty("fileSamplesDrifted").GetBoolean());
                }
            }

            Assert.All(told, samples => Assert.Equal("None", samples));
            return told.Count > 0;
        });
    }

    [Fact]
    public async Task A_policy_is_deleted_listed_as_such_and_recovered()
    {
        var package = Path.Combine(folder.Path, "package.zip");
        await AtpAsync("", "sample-package", "--out", package);
        var id = (await JsonAsync("", "policy", "create", "--name", "Came back", "--file", package)).GetProperty("id").GetString()!;

        var (exitCode, said) = await AtpAsync("", "policy", "delete", id, "--yes");

        Assert.Equal(0, exitCode);
        Assert.Contains($"atp policy recover {id}", said.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await JsonAsync("", "policy", "list")).GetArrayLength());
        Assert.Contains("Came back", (await AtpAsync("", "policy", "list", "--deleted")).Terminal.Output, StringComparison.Ordinal);
        Assert.Equal(1, (await AtpAsync("", "policy", "delete", id, "--yes")).ExitCode);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(1, (await JsonAsync("", "policy", "recover", id)).GetProperty("order").GetInt32());
        }

        Assert.Equal(0, (await JsonAsync("", "policy", "list", "--deleted")).GetArrayLength());
    }

    [Fact]
    public async Task A_simulated_fleet_may_report_over_HTTP()
    {
        var answer = await JsonAsync("", "simulate", "--devices", "5", "--reports-over-http");

        Assert.Equal(0, answer.GetProperty("faults").GetInt32());
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

    private async Task<List<string>> ListedAsync(params string[] conditions) =>
        [.. (await JsonAsync("", ["device", "list", .. conditions])).EnumerateArray().Select(d => d.GetProperty("id").GetString()!).Order(StringComparer.Ordinal)];

    private async Task<JsonElement> JsonAsync(string input, params string[] arguments)
    {
        var (exitCode, terminal) = await AtpAsync(input, [.. arguments, "--output", "json"]);
        Assert.True(exitCode == 0, terminal.Error + terminal.Output);
        return JsonSerializer.Deserialize<JsonElement>(terminal.Output);
    }

}
