using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Atp.Functions.Tests.Docs;

namespace Atp.Functions.Tests.InAzure;

/// <summary>The workflow on GitHub: what it checks, and what it may do.</summary>
public sealed partial class WorkflowTests
{
    private static readonly string[] Path = [".github", "workflows", "site.yml"];
    private static readonly JsonObject Workflow = Yaml.Read(Path);
    private static readonly JsonObject Jobs = Workflow["jobs"]!.AsObject();

    [Fact]
    public void Every_change_meets_the_gate_and_the_build_for_the_genuine_worker()
    {
        Assert.Equal(["pull_request", "push"], Workflow["on"]!.AsObject().Select(e => e.Key));
        Assert.Contains(".ci/run", Commands("gate"));
        Assert.Contains(".ci/worker artifacts/azure", Commands("worker"));
        Assert.All(["gate", "worker"], job => Assert.Null(Jobs[job]!["if"]));
        Assert.Contains("dotnet publish functions -c Release -p:FunctionsWorker=azure ",
            File.ReadAllText(System.IO.Path.Combine(Pages.Root, ".ci", "worker")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_gate_there_also_holds_the_report_against_Microsofts_own_schemas()
    {
        var steps = Jobs["gate"]!["steps"]!.AsArray();
        var folder = (string)steps.Single(step => (string?)step!["with"]?["repository"] == "microsoft/json-schemas")!["with"]!["path"]!;

        Assert.Equal("${{ github.workspace }}/" + folder, (string?)steps.Single(step => (string?)step!["run"] == ".ci/run")!["env"]![PowerBi.ProjectTests.PublicSchemas]);
    }

    [Fact]
    public void Only_main_is_deployed_and_only_when_both_are_green()
    {
        Assert.Equal(["deploy"], Jobs.Select(job => job.Key).Where(job => Commands(job).Any(c => c.StartsWith("azd up", StringComparison.Ordinal))));
        Assert.Equal("github.event_name == 'push' && github.ref == 'refs/heads/main'", (string?)Jobs["deploy"]!["if"]);
        Assert.Equal(["gate", "worker"], Jobs["deploy"]!["needs"]!.AsArray().Select(n => (string?)n));
        Assert.Equal("production", (string?)Jobs["deploy"]!["environment"]);
        Assert.Equal("false", Jobs["deploy"]!["concurrency"]!["cancel-in-progress"]!.ToString());
    }

    [Fact]
    public void A_pull_request_from_a_fork_gets_no_token()
    {
        Assert.Contains("github.event.pull_request.head.repo.full_name == github.repository", (string?)Jobs["what-if"]!["if"], StringComparison.Ordinal);
        Assert.Contains(Commands("what-if"), c => c.StartsWith("az deployment sub what-if ", StringComparison.Ordinal));
    }

    [Fact]
    public void Jobs_may_read_the_code_and_those_that_sign_in_may_ask_for_a_token_and_nothing_more()
    {
        Assert.Equal("""{"contents":"read"}""", Workflow["permissions"]!.ToJsonString());
        Assert.Equal(["deploy", "what-if"], Jobs.Where(job => job.Value!["permissions"] is not null).Select(job => job.Key).Order());
        Assert.All(["deploy", "what-if"], job =>
        {
            Assert.Equal("""{"contents":"read","id-token":"write"}""", Jobs[job]!["permissions"]!.ToJsonString());
            Assert.NotNull(Jobs[job]!["environment"]);
        });
    }

    [Fact]
    public void There_are_no_secrets_and_every_action_is_one_commit()
    {
        var text = File.ReadAllText(System.IO.Path.Combine([Pages.Root, .. Path]));
        var actions = Jobs.SelectMany(job => job.Value!["steps"]!.AsArray()).Select(step => (string?)step!["uses"]).OfType<string>().ToList();

        Assert.DoesNotMatch(Secret(), text);
        Assert.NotEmpty(actions);
        Assert.All(actions, action => Assert.Matches(Pinned(), action));
        // What somebody else writes, such as a title, is in no command.
        Assert.All(Jobs.SelectMany(job => Commands(job.Key)), command => Assert.DoesNotContain("${{", command, StringComparison.Ordinal));
    }

    private static List<string> Commands(string job) =>
        [.. Jobs[job]!["steps"]!.AsArray().Select(step => (string?)step!["run"]).OfType<string>()];

    [GeneratedRegex(@"\bsecrets(\.\w|\[|: inherit)")]
    private static partial Regex Secret();

    [GeneratedRegex("^[A-Za-z-]+/[a-z-]+@[0-9a-f]{40}$")]
    private static partial Regex Pinned();
}
