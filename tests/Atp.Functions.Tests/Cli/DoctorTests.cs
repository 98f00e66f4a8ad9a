using System.Net;
using System.Text.Json.Nodes;
using Atp.Cli.Client;
using Atp.Core.Storage;
using Atp.Local;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Atp.Functions.Tests.Cli;

/// <summary><c>atp doctor</c>: what is wrong with a set-up, a line each.</summary>
public sealed class DoctorTests(TestStack stack) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Of_a_good_set_up_there_is_no_fault_and_the_warnings_of_the_site_come_with_what_to_do()
    {
        await using var host = await AtpHost.StartAsync(stack, new AtpHostOptions { Disabled = QueueDriver.QueueFunctions });
        await host.Queue(Queues.HealthShards + Queues.PoisonSuffix).SendMessageAsync("rubbish", Stop);
        var token = Token();

        var (exitCode, lines) = await DoctorAsync(host.BaseAddress, token);

        Assert.Equal(0, exitCode);
        Assert.Contains($"ok       Server        {host.BaseAddress} answers, version 1 of the API", lines);
        Assert.Contains("ok       Clock         agrees with the server's", lines);
        Assert.Contains(lines, line => line.StartsWith("ok       Token         of Ann, until 20", StringComparison.Ordinal));
        Assert.Contains($"ok       Roles         {string.Join(", ", AtpHost.AllRoles)}", lines);
        Assert.Contains("warning  Site          There are no figures yet: no roll-up is complete.", lines);
        Assert.Contains("warning  Site          Queue health-shards-poison holds 1 message that could not be processed. `atp poison show health-shards-poison` says which.", lines);
        Assert.Contains($"ok       .NET          {Environment.Version}", lines);
        Assert.Contains(lines, line => line.StartsWith("ok       Node.js       v", StringComparison.Ordinal));
        Assert.Contains("ok       Azurite       installed", lines);
        Assert.DoesNotContain("fault", lines.Select(line => line.Split(' ')[0]));
        Assert.All(token.Split('.'), part => Assert.DoesNotContain(part, string.Join('\n', lines), StringComparison.Ordinal));
    }

    [Fact]
    public async Task When_nothing_runs_it_says_so_and_looks_at_the_machine_all_the_same()
    {
        var terminal = new CapturedTerminal();

        var exitCode = await terminal.RunAsync(Stop, "doctor", "--server", "http://127.0.0.1:1", "--data", folder.Path);

        Assert.Equal((1, ""), (exitCode, terminal.Error));
        Assert.Contains($"ok       Local stack   none runs in {folder.Path}", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("fault    Server        No answer from http://127.0.0.1:1", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("fault    Token         There is no token for http://127.0.0.1:1/.", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("GB free", terminal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_not_good_is_told_with_the_reason()
    {
        await using var host = await AtpHost.StartAsync(stack);

        Assert.Contains("fault    Token         It expired at 20", await FaultsAsync(host, Token(lifetime: TimeSpan.FromHours(-1))), StringComparison.Ordinal);
        Assert.Contains("valid from 20", await FaultsAsync(host, Token(startsIn: TimeSpan.FromMinutes(30))), StringComparison.Ordinal);
        Assert.Contains("has no app role", await FaultsAsync(host, Token(roles: [])), StringComparison.Ordinal);
        Assert.Contains("for another service", await FaultsAsync(host, Token(audience: "another service")), StringComparison.Ordinal);
        Assert.Contains("None of the roles Nobody.Knows is one of the service's", await FaultsAsync(host, Token(roles: ["Nobody.Knows"])), StringComparison.Ordinal);
        Assert.Contains("It is no access token (JWT).", await FaultsAsync(host, "s3cret"), StringComparison.Ordinal);
        Assert.Contains("It is no access token (JWT).", await FaultsAsync(host, "a.!.c"), StringComparison.Ordinal);
        var (exitCode, lines) = await DoctorAsync(host.BaseAddress, Token(roles: ["Policies.Read", "Health.Read"]));
        Assert.Equal(0, exitCode);
        Assert.Contains("ok       Roles         Policies.Read, Health.Read; without Policies.ReadWrite, Deployments.ReadWrite, Devices.ReadWrite, Audit.Read", lines);
    }

    [Theory]
    [InlineData(0, "ok       Clock         agrees with the server's")]
    [InlineData(200, "fault    Clock         This machine's clock is ")]
    [InlineData(-60, "warning  Clock         This machine's clock is ")]
    public async Task A_clock_that_goes_wrong_is_told(int secondsAhead, string line)
    {
        await using var server = await OtherServerAsync("""{"info":{"title":"Atp.Functions","version":"1"}}""", TimeSpan.FromSeconds(secondsAhead));

        var (_, lines) = await DoctorAsync(AddressOf(server), Token());

        Assert.Contains(lines, l => l.StartsWith(line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"info":{"title":"Atp.Functions","version":"2"}}""", "warning  Server ", "has version 2 of the API")]
    [InlineData("""{"info":{"title":"Pet store","version":"1"}}""", "fault    Server ", "is another service.")]
    [InlineData("{}", "fault    Server ", "is another service.")]
    [InlineData("<html>", "fault    Server ", "is another service.")]
    public async Task A_server_that_is_not_this_service_is_told(string description, string start, string detail)
    {
        await using var server = await OtherServerAsync(description, TimeSpan.Zero);

        var (_, lines) = await DoctorAsync(AddressOf(server), Token());

        Assert.Contains(lines, line => line.StartsWith(start, StringComparison.Ordinal) && line.Contains(detail, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_killed_stack_left_and_secrets_that_others_can_read_are_faults()
    {
        var dead = System.Diagnostics.Process.Start("node", "--version");
        await dead.WaitForExitAsync(Stop);
        new Connection(new Uri("http://127.0.0.1:1"), new Uri("http://127.0.0.1:1/token"), "local-admin", "x", dead.Id) { ClientSecret = "s3cret" }.Write(folder.Path);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Connection.SecretPathIn(folder.Path), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        }

        var terminal = new CapturedTerminal();
        var exitCode = await terminal.RunAsync(Stop, "doctor", "--data", folder.Path, "--output", "json");

        Assert.Equal(1, exitCode);
        var faults = JsonNode.Parse(terminal.Output)!.AsArray().Where(finding => (string)finding!["level"]! == "Fault").Select(finding => $"{finding!["check"]}: {finding["detail"]}").ToList();
        Assert.Contains(faults, fault => fault.StartsWith("Local stack: ", StringComparison.Ordinal) && fault.EndsWith("is of a process that was killed.", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.StartsWith("Token: No answer from http://127.0.0.1:1", StringComparison.Ordinal));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Contains($"Secret files: Others on this machine can read {Connection.SecretPathIn(folder.Path)}.", faults);
        }

        Assert.DoesNotContain("s3cret", terminal.Output, StringComparison.Ordinal);
    }

    private string Token(string? audience = null, string[]? roles = null, TimeSpan? lifetime = null, TimeSpan startsIn = default) => stack.Stack.Tokens.CreateToken(
        new TokenRequest
        {
            Subject = "ann",
            Name = "Ann",
            Audience = audience ?? stack.Stack.Audience,
            Roles = roles ?? AtpHost.AllRoles,
            Lifetime = lifetime ?? TimeSpan.FromHours(1),
            StartsIn = startsIn,
        });

    private async Task<(int ExitCode, string[] Lines)> DoctorAsync(Uri server, string token)
    {
        var file = Path.Combine(folder.Path, "token");
        await File.WriteAllTextAsync(file, token, Stop);
        var terminal = new CapturedTerminal();
        var exitCode = await terminal.RunAsync(Stop, "doctor", "--server", server.AbsoluteUri, "--token-file", file, "--data", folder.Path);
        return (exitCode, terminal.Output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
    }

    private async Task<string> FaultsAsync(AtpHost host, string token)
    {
        var (exitCode, lines) = await DoctorAsync(host.BaseAddress, token);
        Assert.Equal(1, exitCode);
        Assert.DoesNotContain(token, string.Join('\n', lines), StringComparison.Ordinal);
        return string.Join('\n', lines.Where(line => line.StartsWith("fault", StringComparison.Ordinal)));
    }

    /// <summary>Answers everything with this, with its clock behind this machine's by so much.</summary>
    private static async Task<WebApplication> OtherServerAsync(string description, TimeSpan behind)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.Run(http =>
        {
            http.Response.Headers.Date = (DateTimeOffset.UtcNow - behind).ToString("R");
            http.Response.StatusCode = (int)HttpStatusCode.OK;
            return http.Response.WriteAsync(description, Stop);
        });
        await app.StartAsync(Stop);
        return app;
    }

    private static Uri AddressOf(WebApplication app) =>
        new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
}
