using System.Diagnostics;
using System.Text.Json.Nodes;
using Atp.Functions.Http;
using Atp.Functions.Tests.Cli;
using Atp.Functions.Tests.Docs;

namespace Atp.Functions.Tests.InAzure;

/// <summary>infra/azure/entra/register.mjs, over a small Microsoft Graph and an azd that writes down what it is told.</summary>
public sealed class EntraRegistrationTests : IAsyncLifetime
{
    private const string Api = "atp-functions-test";
    private const string Dashboard = "atp-dashboard-test";
    private const string DashboardUrl = "https://func-test.azurewebsites.net/api/dashboard/";

    private readonly TemporaryFolder folder = new();
    private readonly Dictionary<string, string> azd = new() { ["AZURE_ENV_NAME"] = "test" };
    private FakeGraph graph = null!;

    public async ValueTask InitializeAsync()
    {
        graph = await FakeGraph.StartAsync();
        azd["ATP_GRAPH_ENDPOINT"] = graph.Address.AbsoluteUri;
        var script = Path.Combine(folder.Path, "azd");
        await File.WriteAllTextAsync(script, $$"""
            #!/bin/sh
            case "$1 $2" in
              "auth token") echo '{"token":"{{FakeGraph.Token}}"}' ;;
              "env set") echo "$3=$4" >> "$(dirname "$0")/values" ;;
            esac

            """);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public async Task The_first_run_registers_api_and_dashboard_and_the_second_changes_nothing()
    {
        graph.SlowToKnow = 1;
        await RegisterAsync();
        var (api, dashboard) = (graph.Application(Api), graph.Application(Dashboard));
        var scope = api["api"]!["oauth2PermissionScopes"]!.AsArray().Single()!;

        Assert.Equal(Roles.All, Texts(api["appRoles"], "value"));
        Assert.Equal([$"api://{api["appId"]}"], Texts(api["identifierUris"]));
        Assert.Equal(2, (int)api["api"]!["requestedAccessTokenVersion"]!);
        Assert.Equal("user_impersonation", (string?)scope["value"]);
        Assert.Equal([(string)dashboard["appId"]!], Texts(api["api"]!["preAuthorizedApplications"], "appId"));
        Assert.Equal((string?)api["appId"], (string?)dashboard["requiredResourceAccess"]!.AsArray().Single()!["resourceAppId"]);
        Assert.Equal(["AzureADMyOrg", "AzureADMyOrg"], graph.Applications.Select(a => (string?)a["signInAudience"]));
        Assert.Equal([true, false], graph.ServicePrincipals.Select(p => (bool)p["appRoleAssignmentRequired"]!));
        Assert.Equal((string?)api["appId"], azd["ENTRA_API_CLIENT_ID"]);
        Assert.Equal((string?)dashboard["appId"], azd["ENTRA_DASHBOARD_CLIENT_ID"]);
        Assert.All(graph.Authorizations, authorization => Assert.Equal($"Bearer {FakeGraph.Token}", authorization));

        await ChangesAsync();
        azd["DASHBOARD_URL"] = DashboardUrl;
        await ChangesAsync($"PATCH applications/{dashboard["id"]}");
        Assert.Equal([DashboardUrl], Texts(dashboard["spa"]!["redirectUris"]));
        await ChangesAsync();
    }

    [Fact]
    public async Task What_administrators_have_made_stays_and_the_feed_gets_its_address_and_clients()
    {
        await RegisterAsync();
        var (api, dashboard) = (graph.Application(Api), graph.Application(Dashboard));
        api["appRoles"]!.AsArray().RemoveAt(0);
        api["appRoles"]!.AsArray().Add(new JsonObject { ["id"] = "theirs", ["value"] = "Theirs.Read" });
        dashboard["spa"]!["redirectUris"]!.AsArray().Add("https://theirs.example/api/dashboard/");
        azd["DASHBOARD_URL"] = DashboardUrl;
        azd["ATP_FEED_ADDRESS"] = "https://atp.contoso.com/api/feed";

        await RegisterAsync();

        Assert.Equal([.. Roles.All.Skip(1), "Theirs.Read", Roles.All[0]], Texts(api["appRoles"], "value"));
        Assert.Equal(["https://theirs.example/api/dashboard/", DashboardUrl], Texts(dashboard["spa"]!["redirectUris"]));
        Assert.Equal([$"api://{api["appId"]}", "https://atp.contoso.com"], Texts(api["identifierUris"]));
        Assert.Equal([(string)dashboard["appId"]!, "a672d62c-fc7b-4e81-a576-e60dc46e951d", "b52893c8-bc2e-47fc-918b-77022b299bbc"],
            Texts(api["api"]!["preAuthorizedApplications"], "appId"));
        await ChangesAsync();
    }

    [Fact]
    public async Task Where_somebody_else_keeps_the_registrations_nobody_is_asked()
    {
        azd["ENTRA_REGISTER"] = "false";
        Assert.Contains("must be set", (await RunAsync(1)), StringComparison.Ordinal);
        (azd["ENTRA_API_CLIENT_ID"], azd["ENTRA_DASHBOARD_CLIENT_ID"]) = ("a", "b");

        await RegisterAsync();

        Assert.Empty(graph.Authorizations);
    }

    [Theory]
    [InlineData("AZURE_ENV_NAME", "", "AZURE_ENV_NAME is missing")]
    [InlineData("DASHBOARD_URL", "http://func-test.azurewebsites.net/", "DASHBOARD_URL is http://func-test.azurewebsites.net/; it must be an https address")]
    [InlineData("ATP_GRAPH_ENDPOINT", "http://graph.example", "a token goes there, so it must be https")]
    [InlineData("ENTRA_API_CLIENT_ID", "gone", "ENTRA_API_CLIENT_ID is gone, but this tenant has no such registration")]
    public async Task What_cannot_be_right_is_refused_before_anything_is_changed(string setting, string value, string reason)
    {
        azd[setting] = value;

        Assert.Contains(reason, await RunAsync(1), StringComparison.Ordinal);
        Assert.Empty(graph.Writes);
    }

    public async ValueTask DisposeAsync()
    {
        await graph.DisposeAsync();
        folder.Dispose();
    }

    private static IEnumerable<string> Texts(JsonNode? items, string? property = null) =>
        items!.AsArray().Select(item => (string)(property is null ? item : item![property])!);

    private async Task ChangesAsync(params string[] expected)
    {
        graph.Writes.Clear();
        await RegisterAsync();
        Assert.Equal(expected, graph.Writes);
    }

    private Task<string> RegisterAsync() => RunAsync(0);

    /// <summary>As azd runs a hook: with the values of its environment, which the next one has too.</summary>
    private async Task<string> RunAsync(int exitCode)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(Pages.Root, "infra", "azure", "entra", "register.mjs")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{folder.Path}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}";
        foreach (var (name, value) in azd)
        {
            start.Environment[name] = value;
        }

        using var node = Process.Start(start)!;
        var (said, errors) = (node.StandardOutput.ReadToEndAsync(), node.StandardError.ReadToEndAsync());
        await node.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(node.ExitCode == exitCode, $"{await said}{await errors}");
        if (File.Exists(Path.Combine(folder.Path, "values")))
        {
            foreach (var value in await File.ReadAllLinesAsync(Path.Combine(folder.Path, "values")))
            {
                azd[value.Split('=')[0]] = value.Split('=')[1];
            }
        }

        return await said + await errors;
    }
}
