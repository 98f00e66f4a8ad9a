using System.CommandLine;
using System.Text;
using System.Text.RegularExpressions;
using Atp.Cli;
using Atp.Core.Storage;
using Atp.Functions.Tests.Audit;
using Atp.Functions.Tests.Devices;

namespace Atp.Functions.Tests.Cli;

/// <summary>What people and scripts see of each command, letter for letter, in the three forms: see <see cref="Snapshot"/>.</summary>
public sealed partial class SnapshotTests(TestStack stack) : IAsyncLifetime
{
    private static readonly string[] Forms = ["table", "json", "csv"];

    private readonly StringBuilder seen = new();
    private AtpHost host = null!;
    private string policy = "";
    private string second = "";
    private string collection = "";
    private string deployment = "";

    /// <summary>Two policies, of which one is deployed to three devices: one has applied it, one has failed, one is not supported.</summary>
    public async ValueTask InitializeAsync()
    {
        host = await AtpHost.StartAsync(stack);
        await host.ImportAsync(
        [
            TestSite.Line("pc-1"), TestSite.Line("pc-2", build: 22631, tags: "\"all\",\"=pilot\""), TestSite.Line("srv-1", build: 6003, productType: 3, sku: 7),
        ]);
        policy = (string)(await host.CreatePolicyAsync("Workstations"))["id"]!;
        Later();
        second = (string)(await host.CreatePolicyAsync("Everything else", workspaceId: null))["id"]!;
        collection = await host.CreateCollectionAsync("All devices", new { tag = "all" });
        Later();
        deployment = await host.DeployAsync(policy, collection);
        await host.ActiveAsync(deployment);
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    public static TheoryData<string> Commands => [.. All().Select(command => command.Name)];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task The_help_of_a_command(string name)
    {
        await HelpOfAsync(All().Single(command => command.Name == name), [name]);
        Snapshot.Verify($"help.{name}", seen.ToString());
    }

    [Fact]
    public async Task Help()
    {
        await RunAsync("--help");
        Snapshot.Verify("help", seen.ToString());
    }

    [Fact]
    public async Task Policies()
    {
        await InEachFormAsync("policy", "list");
        await InEachFormAsync("policy", "show", policy);
        await RunAsync("policy", "update", second, "--name", "Everything [else]", "--description", "For the rest", "--file-samples", "allfiletypes");
        await InEachFormAsync("policy", "show", second, "--revisions");
        await RunAsync("policy", "update", second, "--name", "Too late", "--if-match", "1");
        await InEachFormAsync("policy", "order", second, "--increase", "--preview");
        await RunAsync("policy", "order", second, "--increase");
        await RunAsync("policy", "delete", second);
        await RunAsync("policy", "delete", second, "--yes");
        await InEachFormAsync("policy", "list", "--deleted");
        await RunAsync("policy", "recover", second);
        Snapshot.Verify("policy", seen.ToString());
    }

    [Fact]
    public async Task Collections()
    {
        await InEachFormAsync("collection", "list");
        await InEachFormAsync("collection", "show", collection);
        await InEachFormAsync("collection", "members", collection, "--top", "2");
        var pilots = await host.PostCollectionAsync(new { name = "Pilots", limitingCollectionId = collection });
        await host.EvaluatedAsync(pilots);
        await RunAsync("collection", "add", pilots, "pc-1", "pc-2", "nobody");
        await InEachFormAsync("collection", "remove", pilots, "pc-2", "srv-1");
        await RunAsync("collection", "update", pilots, "--description", "They try it first", "-o", "csv");
        await RunAsync("collection", "delete", pilots);
        await RunAsync("collection", "delete", pilots, "--yes");
        await RunAsync("collection", "delete", collection, "--yes");
        Snapshot.Verify("collection", seen.ToString());
    }

    [Fact]
    public async Task Devices()
    {
        await ReportAsync();
        await InEachFormAsync("device", "list", "--name", "pc-*");
        foreach (var id in new[] { "pc-1", "pc-2", "srv-1" })
        {
            await RunAsync("device", "show", id);
        }

        await RunAsync("device", "show", "pc-1", "-o", "csv");
        await RunAsync("device", "block", "pc-2", "-o", "csv");
        await RunAsync("device", "unblock", "pc-2", "-o", "csv");
        await RunAsync("device", "retire", "srv-1", "--reason", "Sold");
        await RunAsync("device", "list", "--retired");
        await RunAsync("device", "delete", "srv-1");
        await RunAsync("device", "delete", "srv-1", "--yes");
        await RunAsync("device", "show", "srv-1");
        Snapshot.Verify("device", seen.ToString());
    }

    [Fact]
    public async Task Deployments()
    {
        await ReportAsync();
        await host.RollUpAsync();
        await InEachFormAsync("deploy", "--policy", second, "--collection", collection, "--preview");
        await InEachFormAsync("deployment", "list");
        await InEachFormAsync("deployment", "show", deployment);
        await RunAsync("deployment", "end", deployment, "--reason", "Replaced");
        await RunAsync("deployment", "end", deployment, "--reason", "Replaced", "--yes");
        await RunAsync("deployment", "list", "--in-force", "-o", "json");
        Snapshot.Verify("deployment", seen.ToString());
    }

    [Fact]
    public async Task Figures()
    {
        await ReportAsync();
        await host.RollUpAsync();
        foreach (var queue in Queues.All)
        {
            await host.EmptyAsync(queue);
        }

        await RunAsync("status", "--by", "platform");
        await RunAsync("status", "--by", "platform", "-o", "csv");
        await InEachFormAsync("history");
        await RunAsync("export", "figures");
        await RunAsync("export", "history", "-o", "json");
        Snapshot.Verify("figures", seen.ToString());
    }

    [Fact]
    public async Task Audit()
    {
        await InEachFormAsync("audit", "list", "--subject", policy);
        await InEachFormAsync("audit", "verify");
        // Which things share a chain is by chance.
        Snapshot.Verify("audit", ChainNumber().Replace(seen.ToString(), match => $"{match.Groups[1].Value}N"));
    }

    [Fact]
    public async Task Mistakes()
    {
        foreach (var line in new[]
        {
            "polcy list", "policy lst", "policy list --delted", "policy list -o xml", "policy create --name n --kind boarding --file package.zip", "policy show",
            "device list --top many", "device list --top 0", "deploy --policy x", "completion tcsh", "export devices -o table", "completely unknown",
            "policy order x --increase --decrease", "status --server ftp://x", "up --json out.json",
        })
        {
            await RunAsync(line.Split(' '));
        }

        Snapshot.Verify("mistakes", seen.ToString());
    }

    [Fact]
    public async Task Refusals()
    {
        foreach (var line in new[]
        {
            "policy show nothing", "collection show nothing", "deployment show nothing", "device show nobody", "deploy --policy nothing --collection nothing",
            "collection create --name", "device list --health well", "history --from yesterday",
        })
        {
            await RunAsync([.. line.Split(' '), .. line.EndsWith("--name", StringComparison.Ordinal) ? new[] { " " } : []]);
        }

        using var folder = new TemporaryFolder();
        var token = Path.Combine(folder.Path, "token");
        await File.WriteAllTextAsync(token, "no-token", TestContext.Current.CancellationToken);
        await RunAsync("policy", "list", "--token-file", token);
        using (var reader = host.Client("Health.Read"))
        {
            await File.WriteAllTextAsync(token, reader.DefaultRequestHeaders.Authorization!.Parameter, TestContext.Current.CancellationToken);
        }

        await RunAsync("policy", "list", "--token-file", token);
        Snapshot.Verify("refusals", seen.ToString().Replace(token, "FILE", StringComparison.Ordinal));
    }

    /// <summary>One has applied the policy, and one couldn't.</summary>
    private async Task ReportAsync()
    {
        var good = await host.EnrollAsync("pc-1");
        await good.ObeyAsync();
        Later();
        var bad = await host.EnrollAsync("pc-2");
        await bad.CheckInAsync();
        await bad.SendAsync(bad.Sign(new
        {
            reportedAt = host.Clock.GetUtcNow(),
            senseIsRunning = false,
            onboardingState = 0,
            deploymentId = deployment,
            revision = 1,
            result = "Error",
            errorCode = "script:15",
        }));
        await bad.IngestedAsync();
        await host.EmptyAsync(Queues.DeviceReports);
    }

    private static IList<Command> All() => AtpCommand.Create(new Terminal(TextWriter.Null, TextWriter.Null, TextReader.Null, interactive: false)).Subcommands;

    [GeneratedRegex("""("sequence": |"chains": |"partition": "[0-9]{8}!| entries in )[0-9a-f]+""")]
    private static partial Regex ChainNumber();

    private void Later() => host.Clock.Advance(TimeSpan.FromSeconds(1));

    private async Task HelpOfAsync(Command command, string[] path)
    {
        await RunAsync([.. path, "--help"]);
        foreach (var subcommand in command.Subcommands)
        {
            await HelpOfAsync(subcommand, [.. path, subcommand.Name]);
        }
    }

    private async Task InEachFormAsync(params string[] arguments)
    {
        foreach (var form in Forms)
        {
            await RunAsync([.. arguments, "--output", form]);
        }
    }

    private async Task RunAsync(params string[] arguments)
    {
        var terminal = new CapturedTerminal();
        string[] server = ["--server", host.BaseAddress.AbsoluteUri];
        var needsNone = arguments.Contains("--help") || arguments.Contains("--server") || arguments[0] is "up" or "completion";
        var (exitCode, output, error) = needsNone || arguments.Contains("--token-file")
            ? (await terminal.RunAsync(TestContext.Current.CancellationToken, needsNone ? arguments : [.. arguments, .. server]), terminal.Output, terminal.Error)
            : await host.AtpAsync(arguments);
        seen.Append($"$ atp {string.Join(' ', arguments.Select(argument => argument.Contains(' ', StringComparison.Ordinal) ? $"\"{argument}\"" : argument))}\n");
        seen.Append(output).Append(error.Length == 0 ? "" : "[standard error]\n").Append(error).Append(exitCode == 0 ? "" : $"[exit code {exitCode}]\n").Append('\n');
    }
}
