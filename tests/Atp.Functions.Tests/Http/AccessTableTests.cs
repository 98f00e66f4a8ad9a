using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Atp.Functions.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Tests.Http;

/// <summary>Every function is called as everybody who may exist, and answers as the table in docs/security.md says.</summary>
public sealed partial class AccessTableTests(TestStack stack)
{
    private const string Device = "the device";
    private const string Anybody = "anybody";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void The_table_lists_the_functions_that_exist() => Assert.Equal(
        DeclaredAccessTests.HttpFunctions.Select(function =>
        {
            var trigger = function.GetParameters().Select(p => p.GetCustomAttribute<HttpTriggerAttribute>()).Single(t => t is not null)!;
            return $"{function.GetCustomAttribute<FunctionAttribute>()!.Name} {trigger.Methods!.Single().ToUpperInvariant()} {Constraint().Replace(trigger.Route!, "}")}";
        }).Order(),
        Table().Select(line => $"{line.Function} {line.Method} {line.Route}").Order());

    [Fact]
    public void The_table_names_roles_that_exist() => Assert.Subset(
        new HashSet<string>([.. Roles.All, Device, Anybody]), new HashSet<string>(Table().SelectMany(line => line.Access)));

    [Fact]
    public async Task Every_function_lets_in_whom_the_table_says_and_nobody_else()
    {
        await using var host = await AtpHost.StartAsync(stack);
        await host.ImportAsync([TestSite.Line("a-device")]);
        var device = await host.EnrollAsync("a-device");
        (string Who, HttpClient Client)[] callers =
        [
            .. Roles.All.Select(role => (role, host.Client(role))),
            ("no role", host.Client()),
            ("no token", host.Anonymous()),
            (Device, device.Client()),
        ];
        var wrong = new List<string>();
        foreach (var line in Table())
        {
            foreach (var (who, client) in callers)
            {
                using var request = new HttpRequestMessage(new HttpMethod(line.Method), $"/api/{Parameter().Replace(line.Route, "1")}");
                using var answer = await client.SendAsync(request, Stop);
                var got = answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden ? $"{(int)answer.StatusCode}" : "let in";
                if (got != line.ExpectedFor(who) || answer.StatusCode == HttpStatusCode.InternalServerError)
                {
                    wrong.Add($"{line.Function} as {who}: {(int)answer.StatusCode}, the table says {line.ExpectedFor(who)}");
                }

                // What the build embeds is the same for everybody; a browser may keep it, and asks whether it still holds.
                Assert.True(
                    answer.Headers.CacheControl is { NoStore: true } || (line.Access.Contains(Anybody) && answer.Headers.CacheControl is { NoCache: true }),
                    $"{line.Function} may be stored.");
                Assert.Equal(["nosniff"], answer.Headers.GetValues("X-Content-Type-Options"));
                Assert.False(answer.Headers.Contains("Server"), "The server says what it is.");
            }
        }

        Assert.Empty(wrong);
    }

    private static List<Line> Table()
    {
        var document = File.ReadAllText(Path.Combine(RootFolder(), "docs", "security.md"));
        var section = document[document.IndexOf("## Who may call what", StringComparison.Ordinal)..];
        var end = section.IndexOf("\n## ", 1, StringComparison.Ordinal);
        return [.. TableLine().Matches(end < 0 ? section : section[..end]).Select(m => new Line(
            m.Groups["function"].Value, m.Groups["method"].Value, m.Groups["route"].Value, m.Groups["access"].Value.Split(", ")))];
    }

    private static string RootFolder([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", ".."));

    [GeneratedRegex(@"^\| (?<function>\w+) \| `(?<method>[A-Z]+) (?<route>[^`]+)` \| (?<access>[^|]+) \|\r?$", RegexOptions.Multiline)]
    private static partial Regex TableLine();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameter();

    [GeneratedRegex(@":\w+\}")]
    private static partial Regex Constraint();

    private sealed record Line(string Function, string Method, string Route, string[] Access)
    {
        public string ExpectedFor(string who) =>
            Access.Contains(who) || Access.Contains(Anybody) ? "let in"
            : Access.Contains(Device) || who is "no token" or Device ? "401"
            : "403";
    }
}
