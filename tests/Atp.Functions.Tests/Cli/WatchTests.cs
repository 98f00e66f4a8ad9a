using System.Text.RegularExpressions;
using Atp.Cli.Client;
using Atp.Core.Storage;
using Atp.Local;

namespace Atp.Functions.Tests.Cli;

/// <summary><c>--watch</c> of a server that is stopped and started again under the eyes of the command.</summary>
public sealed partial class WatchTests(TestStack stack) : IAsyncLifetime
{
    private const string Away = "The server doesn't answer; still trying, since ";

    private readonly TemporaryFolder folder = new();
    private readonly CapturedTerminal terminal = new();
    private AtpHost host = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string TokenFile => Path.Combine(folder.Path, "token");

    public async ValueTask InitializeAsync() => host = await AtpHost.StartAsync(stack, new AtpHostOptions { Disabled = QueueDriver.QueueFunctions });

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task A_deployment_is_followed_over_a_restart_until_its_devices_are_done()
    {
        var deploy = await DeployAsync("--until", "done");
        await DeployedAsync();

        await host.StopAsync();
        await SaidAsync(Away);
        host = await RestartAsync();
        await host.ActiveAsync((string)(await host.GetJsonAsync("/api/deployments"))["value"]![0]!["id"]!);
        await host.RollUpAsync();
        await SaidAsync("2 unknown");
        Assert.False(deploy.IsCompleted);
        foreach (var id in new[] { "pc-1", "pc-2" })
        {
            var device = await host.EnrollAsync(id);
            await device.ObeyAsync();
            await device.IngestedAsync();
        }

        await host.RollUpAsync();

        Assert.Equal(0, await deploy.WaitAsync(TimeSpan.FromMinutes(1), Stop));
        Assert.Contains(": Active", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("2 success, 0 error", terminal.Error, StringComparison.Ordinal);
        Assert.Single(Regex.Matches(terminal.Error, Away)); // once for each time that it is away
    }

    [Fact]
    public async Task A_token_that_is_renewed_goes_on_and_one_that_is_not_ends_it()
    {
        var deploy = await DeployAsync("--until", "placed");
        var again = new CapturedTerminal();
        var status = again.RunAsync(Stop, "status", "--watch", "--interval", "0.1s", "--server", host.BaseAddress.AbsoluteUri, "--token-file", await TokenFileAsync("kept", stack.Stack.Audience));
        await DeployedAsync();
        await Eventually.TrueAsync(() => Task.FromResult(again.Output.Contains("Placing", StringComparison.Ordinal)));

        await host.StopAsync();
        await SaidAsync(Away);
        await TokenFileAsync("token", "another-audience");
        host = await RestartAsync(new() { ["Atp:Entra:Audience"] = "another-audience" });

        Assert.Equal(0, await deploy.WaitAsync(TimeSpan.FromMinutes(1), Stop));
        Assert.Equal(1, await status.WaitAsync(TimeSpan.FromMinutes(1), Stop));
        Assert.Contains("The token is not accepted any more", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_local_stack_that_comes_back_elsewhere_is_found_again()
    {
        Connect(host);
        var deploy = await DeployAsync(["--until", "placed"], ["--data", folder.Path]);
        await DeployedAsync();

        Connection.Remove(folder.Path);
        await host.StopAsync();
        await SaidAsync(Away);
        host = await AtpHost.StartAsync(stack, new AtpHostOptions { Account = host.Account, Clock = host.Clock });
        Connect(host);

        Assert.Equal(0, await deploy.WaitAsync(TimeSpan.FromMinutes(1), Stop));
        Assert.Contains("2 devices: 2 up-level", terminal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_ends_it()
    {
        var deploy = await DeployAsync("--until", "placed");
        await DeployedAsync();
        await foreach (var row in host.Table(TableNames.Deployments).QueryAsync<Azure.Data.Tables.TableEntity>(cancellationToken: Stop))
        {
            await host.Table(TableNames.Deployments).DeleteEntityAsync(row.PartitionKey, row.RowKey, cancellationToken: Stop);
        }

        Assert.Equal(1, await deploy.WaitAsync(TimeSpan.FromMinutes(1), Stop));
        Assert.Contains("[deployment.not-found]", terminal.Error, StringComparison.Ordinal);

        var (exitCode, _, error) = await StatusAsync(["Policies.Read"], "--watch");
        Assert.Equal(1, exitCode);
        Assert.Contains("role", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_stays_away_is_given_up_after_the_time_that_is_said()
    {
        var deploy = await DeployAsync("--timeout", "0.5s");
        await DeployedAsync();

        await host.StopAsync();

        Assert.Equal(1, await deploy.WaitAsync(TimeSpan.FromMinutes(1), Stop));
        Assert.Contains("Gave up: the server was away for 0:00:00.5. No answer from ", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_status_says_what_changes_also_over_a_restart_and_Ctrl_C_is_a_good_end()
    {
        using var ctrlC = new CancellationTokenSource();
        await TokenFileAsync("token", stack.Stack.Audience);
        var status = terminal.RunAsync(ctrlC.Token, "status", "--watch", "--interval", "0.1s", "--server", host.BaseAddress.AbsoluteUri, "--token-file", TokenFile);
        await SaidAsync("Warning: There are no figures yet");

        await host.StopAsync();
        await SaidAsync(Away);
        host = await RestartAsync();
        await SaidAsync("The server answers again.");
        await host.ImportAsync([TestSite.Line("pc-1")]);
        await host.RollUpAsync();
        await SaidAsync("1 devices, 0 targeted");
        await SaidAsync("No longer: There are no figures yet");
        await ctrlC.CancelAsync();

        Assert.Equal(0, await status);
        Assert.Single(Regex.Matches(terminal.Output, "Warning: There are no figures yet"));
    }

    [Fact]
    public async Task Before_a_person_the_status_is_drawn_in_place()
    {
        using var ctrlC = new CancellationTokenSource();
        var screen = new CapturedTerminal { IsInteractive = true };
        await TokenFileAsync("token", stack.Stack.Audience);
        var status = screen.RunAsync(ctrlC.Token, "status", "--watch", "--interval", "0.1s", "--server", host.BaseAddress.AbsoluteUri, "--token-file", TokenFile);

        await Eventually.TrueAsync(() => Task.FromResult(Frame().Count(screen.Output) > 2));
        await host.StopAsync();
        await Eventually.TrueAsync(() => Task.FromResult(screen.Output.Contains(Away, StringComparison.Ordinal)));
        await ctrlC.CancelAsync();

        Assert.Equal(0, await status);
        Assert.StartsWith("\e[2J\e[HLooked at 20", screen.Output, StringComparison.Ordinal);
        Assert.Single(Regex.Matches(screen.Output, @"\e\[2J"));
        Assert.Equal(Frame().Count(screen.Output), Regex.Count(screen.Output, "Warning: Timer Reconcile has not run yet."));
        Assert.Empty(screen.Error);
    }

    [Fact]
    public async Task There_is_no_watching_in_JSON()
    {
        var (exitCode, output, error) = await StatusAsync(AtpHost.AllRoles, "--watch", "--output", "json");

        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("--watch is for people", error, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\e\[H")]
    private static partial Regex Frame();

    private async Task<Task<int>> DeployAsync(params string[] more)
    {
        await TokenFileAsync("token", stack.Stack.Audience);
        return await DeployAsync(more, ["--server", host.BaseAddress.AbsoluteUri, "--token-file", TokenFile]);
    }

    private async Task<Task<int>> DeployAsync(string[] more, string[] server)
    {
        await host.ImportAsync([TestSite.Line("pc-1"), TestSite.Line("pc-2")]);
        var policy = (string)(await host.CreatePolicyAsync())["id"]!;
        var created = await (await host.Admin.PostAsync("/api/collections", System.Net.Http.Json.JsonContent.Create(new { name = "All", rules = new[] { new { tag = "all" } } }), Stop))
            .JsonAsync(System.Net.HttpStatusCode.Created);
        await host.DeliverAsync(Queues.CollectionEvaluation);
        await host.DeliverAsync(Queues.CollectionShards);
        return terminal.RunAsync(Stop, ["deploy", "--policy", policy, "--collection", (string)created["id"]!, "--watch", .. more, .. server]);
    }

    /// <summary>The command follows a deployment that no function places yet.</summary>
    private Task DeployedAsync() => Eventually.TrueAsync(async () =>
        (await host.GetJsonAsync("/api/deployments"))["value"]!.AsArray().Count == 1);

    private Task<AtpHost> RestartAsync(Dictionary<string, string?>? settings = null) => AtpHost.StartAsync(stack, new AtpHostOptions
    {
        Account = host.Account,
        Clock = host.Clock,
        Settings = new(settings ?? []) { ["urls"] = host.BaseAddress.AbsoluteUri },
    });

    private Task SaidAsync(string text) => Eventually.TrueAsync(() =>
        Task.FromResult((terminal.Output + terminal.Error).Contains(text, StringComparison.Ordinal)));

    private async Task<string> TokenFileAsync(string name, string audience, params string[] roles)
    {
        var path = Path.Combine(folder.Path, name);
        await File.WriteAllTextAsync(path, stack.Stack.Tokens.CreateToken(new TokenRequest
        {
            Subject = "ann",
            Audience = audience,
            Roles = roles.Length == 0 ? AtpHost.AllRoles : roles,
        }), Stop);
        return path;
    }

    private async Task<(int ExitCode, string Output, string Error)> StatusAsync(string[] roles, params string[] more)
    {
        var other = new CapturedTerminal();
        var token = await TokenFileAsync("other", stack.Stack.Audience, roles);
        return (await other.RunAsync(Stop, ["status", .. more, "--server", host.BaseAddress.AbsoluteUri, "--token-file", token]), other.Output, other.Error);
    }

    private void Connect(AtpHost to) => new Connection(to.BaseAddress, stack.Stack.Tokens.TokenEndpoint, stack.Stack.AdministratorClient.Id,
        $"{stack.Stack.Audience}/.default", Environment.ProcessId)
    { ClientSecret = stack.Stack.AdministratorClient.Secret }.Write(folder.Path);
}
