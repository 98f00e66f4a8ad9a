using System.Text.Json.Nodes;
using Atp.Functions.Tests.Docs;

namespace Atp.Functions.Tests.InAzure;

/// <summary>What azure.yaml says and what azd needs of it are in other files: the template, its parameters, the registration.</summary>
public sealed class AzdTests
{
    private static readonly JsonObject Azd = Yaml.Read("azure.yaml");

    [Fact]
    public void The_template_is_where_azd_looks_for_it_and_tags_the_app_with_the_service()
    {
        var infra = Azd["infra"]!;
        var folder = Path.Combine(Pages.Root, (string)infra["path"]!);
        var modules = Directory.EnumerateFiles(folder, "*.bicep", SearchOption.AllDirectories).Select(File.ReadAllText).ToList();

        Assert.True(File.Exists(Path.Combine(folder, $"{infra["module"]}.bicep")));
        Assert.Contains(modules, text => text.Contains("'azd-service-name': 'functions'", StringComparison.Ordinal));
        Assert.Equal(["functions"], Azd["services"]!.AsObject().Select(s => s.Key));
    }

    [Fact]
    public void What_is_deployed_is_the_build_for_the_genuine_worker()
    {
        var functions = Azd["services"]!["functions"]!;

        Assert.All(Commands(functions["hooks"]!["prepackage"]!), command =>
        {
            Assert.StartsWith("dotnet publish functions -c Release -p:FunctionsWorker=azure ", command, StringComparison.Ordinal);
            Assert.EndsWith($" -o {functions["dist"]}", command, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Hooks_run_what_is_there_and_ask_for_values_that_the_template_gives()
    {
        var hooks = Azd["hooks"]!.AsObject();
        var template = File.ReadAllText(Path.Combine(Pages.Root, "infra", "azure", "main.bicep"));
        var parameters = File.ReadAllText(Path.Combine(Pages.Root, "infra", "azure", "main.bicepparam"));
        var registration = File.ReadAllText(Path.Combine(Pages.Root, "infra", "azure", "entra", "register.mjs"));

        Assert.Equal(["postdeploy", "postprovision", "preprovision"], hooks.Select(h => h.Key).Order());
        Assert.All([.. Commands(hooks["preprovision"]!), .. Commands(hooks["postprovision"]!)],
            command => Assert.Equal("node infra/azure/entra/register.mjs", command));
        Assert.All(Commands(hooks["postdeploy"]!), command => Assert.Contains("process.env.DASHBOARD_URL", command, StringComparison.Ordinal));
        Assert.Contains("output DASHBOARD_URL string", template, StringComparison.Ordinal);
        Assert.All(["ENTRA_API_CLIENT_ID", "ENTRA_DASHBOARD_CLIENT_ID"], setting =>
        {
            Assert.Contains($"tellAzd('{setting}'", registration, StringComparison.Ordinal);
            Assert.Contains($"readEnvironmentVariable('{setting}'", parameters, StringComparison.Ordinal);
        });
    }

    /// <summary>For both shells, and the same.</summary>
    private static string[] Commands(JsonNode hook)
    {
        Assert.Equal(["posix", "windows"], hook.AsObject().Select(h => h.Key));
        Assert.Equal((string?)hook["posix"]!["run"], (string?)hook["windows"]!["run"]);
        Assert.Equal(("sh", "pwsh"), ((string?)hook["posix"]!["shell"], (string?)hook["windows"]!["shell"]));
        return [(string)hook["posix"]!["run"]!];
    }
}
