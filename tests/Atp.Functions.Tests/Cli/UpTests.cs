using System.Text.Json;
using Xunit;

namespace Atp.Functions.Tests.Cli;

/// <summary>The main job as a user runs it: real Azurite, real HTTP, real queues.</summary>
public sealed class UpTests : IDisposable
{
    private static readonly string[] Statuses = ["Success", "Error", "RequirementsNotMet", "InProgress", "Unknown", "Superseded"];
    private static readonly string[] HealthStates = ["healthy", "agentState", "inactive", "notOnboarded", "neverReached"];

    private readonly TemporaryFolder folder = new();
    private readonly CapturedTerminal terminal = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_main_job_counts_what_the_simulated_devices_did()
    {
        var file = Path.Combine(folder.Path, "out.json");

        var exitCode = await terminal.RunAsync(
            TestContext.Current.CancellationToken,
            "up", "--devices", "60", "--exit", "--memory", "--port", "0", "--data", folder.Path, "--report", file);

        Assert.True(exitCode == 0, terminal.Error + terminal.Output);
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        var root = json.RootElement;
        Assert.Equal(
            ["devices", "deployment", "health", "expected", "phases", "peakMemoryBytes"], root.EnumerateObject().Select(p => p.Name));
        Assert.Equal(60, root.GetProperty("devices").GetInt32());
        Assert.Equal(Statuses, root.GetProperty("deployment").EnumerateObject().Select(p => p.Name));
        Assert.Equal(HealthStates, root.GetProperty("health").EnumerateObject().Select(p => p.Name));
        var expected = root.GetProperty("expected");
        Assert.True(JsonElement.DeepEquals(expected.GetProperty("deployment"), root.GetProperty("deployment")));
        Assert.True(JsonElement.DeepEquals(expected.GetProperty("health"), root.GetProperty("health")));
        Assert.All(Statuses, status => Assert.NotEqual(0, root.GetProperty("deployment").GetProperty(status).GetInt32()));
        Assert.All(HealthStates, state => Assert.NotEqual(0, root.GetProperty("health").GetProperty(state).GetInt32()));
        Assert.All(root.GetProperty("phases").EnumerateObject(), phase => Assert.True(phase.Value.GetProperty("seconds").GetDouble() >= 0));
        Assert.True(root.GetProperty("phases").GetProperty("deploy").GetProperty("transactions").GetInt64() > 0);
        Assert.Equal([file], Directory.GetFiles(folder.Path)); // nothing else is left behind
    }
}
