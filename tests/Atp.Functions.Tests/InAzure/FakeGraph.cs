using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Atp.Functions.Tests.InAzure;

/// <summary>As much of Microsoft Graph as a registration needs: applications by their alternate keys, and service principals.</summary>
internal sealed partial class FakeGraph : IAsyncDisposable
{
    public const string Token = "token-of-azd";

    private readonly WebApplication server;

    private FakeGraph(WebApplication server) => this.server = server;

    public Uri Address => new(server.Urls.Single());

    public List<JsonObject> Applications { get; } = [];

    public List<JsonObject> ServicePrincipals { get; } = [];

    /// <summary>Everything but reads.</summary>
    public List<string> Writes { get; } = [];

    public List<string?> Authorizations { get; } = [];

    /// <summary>Entra ID doesn't know at once what was just made.</summary>
    public int SlowToKnow { get; set; }

    public static async Task<FakeGraph> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = builder.Build();
        var graph = new FakeGraph(server);
        server.Run(graph.AnswerAsync);
        await server.StartAsync();
        return graph;
    }

    public JsonObject Application(string uniqueName) => Applications.Single(a => (string?)a["uniqueName"] == uniqueName);

    public ValueTask DisposeAsync() => server.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        Authorizations.Add(http.Request.Headers.Authorization);
        var path = http.Request.Path.Value!["/v1.0/".Length..];
        var method = http.Request.Method;
        if (method != "GET")
        {
            Writes.Add($"{method} {path}");
        }

        var body = http.Request.ContentLength > 0 ? (await JsonNode.ParseAsync(http.Request.Body))!.AsObject() : [];
        var (status, answer) = (method, ByKey().Match(path), path) switch
        {
            ("GET", { Success: true } key, _) => Found(key) is { } found ? (200, found) : (404, Error("Request_ResourceNotFound")),
            ("PATCH", { Success: true } key, _) when http.Request.Headers["Prefer"] == "create-if-missing" => (201, Create(key.Groups["value"].Value, body)),
            ("PATCH", _, _) when Applications.Find(a => path == $"applications/{a["id"]}") is { } app => Change(app, body),
            ("POST", _, "servicePrincipals") when SlowToKnow-- > 0 => (400, Error("NoBackingApplicationObject")),
            ("POST", _, "servicePrincipals") => (201, Add(ServicePrincipals, body)),
            _ => (404, Error("Request_ResourceNotFound")),
        };
        http.Response.StatusCode = status;
        if (answer is not null)
        {
            await http.Response.WriteAsJsonAsync(answer);
        }
    }

    private JsonObject? Found(Match key) => (key.Groups["set"].Value == "applications" ? Applications : ServicePrincipals)
        .Find(item => (string?)item[key.Groups["key"].Value] == key.Groups["value"].Value);

    private JsonObject Create(string uniqueName, JsonObject body)
    {
        var app = JsonNode.Parse("""
            {"identifierUris":[],"appRoles":[],"api":{"oauth2PermissionScopes":[],"preAuthorizedApplications":[]},"spa":{"redirectUris":[]}}
            """)!.AsObject();
        (app["uniqueName"], app["id"], app["appId"]) = (uniqueName, Guid.NewGuid().ToString(), Guid.NewGuid().ToString());
        Change(app, body);
        return Add(Applications, app);
    }

    private static JsonObject Add(List<JsonObject> all, JsonObject item)
    {
        all.Add(item);
        return item;
    }

    /// <summary>Complex properties keep what isn't sent; a client may only be authorized for a scope that is there.</summary>
    private static (int Status, JsonObject? Answer) Change(JsonObject app, JsonObject body)
    {
        var scopes = app["api"]!["oauth2PermissionScopes"]!.AsArray().Select(s => (string?)s!["id"]).ToList();
        var clients = (body["api"]?["preAuthorizedApplications"] as JsonArray)?.SelectMany(c => c!["delegatedPermissionIds"]!.AsArray()) ?? [];
        if (clients.Any(id => !scopes.Contains((string?)id)))
        {
            return (400, Error("InvalidValue"));
        }

        foreach (var (name, value) in body)
        {
            if (value is JsonObject complex && app[name] is JsonObject present)
            {
                foreach (var (inner, innerValue) in complex)
                {
                    present[inner] = innerValue?.DeepClone();
                }
            }
            else
            {
                app[name] = value?.DeepClone();
            }
        }

        return (204, null);
    }

    private static JsonObject Error(string code) => new() { ["error"] = new JsonObject { ["code"] = code, ["message"] = "No." } };

    [GeneratedRegex(@"^(?<set>applications|servicePrincipals)\((?<key>\w+)='(?<value>[^']*)'\)$")]
    private static partial Regex ByKey();
}
