using System.Net;
using System.Text.Json.Nodes;
using Atp.Core.Audit;
using Atp.Core.Health;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Audit;

/// <summary>Reading the audit: newest first over all shards, filters, pages.</summary>
public sealed class AuditListTests(TestStack stack) : IAsyncLifetime
{
    private static readonly string[] Actions = ["policy.create", "policy.update", "policyx.create", "device.block"];

    private readonly List<AuditEntry> written = [];
    private AtpHost host = null!;
    private DateTimeOffset end;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Sixty entries over four days and 20 subjects in all shards; ten of them at the same moment.</summary>
    public async ValueTask InitializeAsync()
    {
        host = await AtpHost.StartAsync(stack);
        end = host.Clock.GetUtcNow();
        for (var i = 0; i < 60; i++)
        {
            var entry = new AuditEntry
            {
                Id = $"entry-{i:D2}",
                At = end - TimeSpan.FromHours(i < 10 ? 1 : i * 1.5),
                CallerId = i % 3 == 0 ? "ann/cli" : "it's bob/cli",
                CallerName = "Somebody",
                Address = "192.0.2.1",
                Action = Actions[i % Actions.Length],
                Subject = $"subject-{i % 20}",
                Outcome = (AuditOutcome)(i % 3),
                Detail = "",
                CorrelationId = $"{i / 2:x32}",
            };
            written.Add(entry);
        }

        foreach (var entry in Enumerable.Reverse(written))
        {
            await host.Get<AuditTable>().AppendAsync(entry, Stop);
        }
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task All_shards_are_one_list_newest_first_whatever_the_page_size(int pageSize)
    {
        var listed = await host.ListAsync($"pageSize={pageSize}");

        Assert.Equal(60, listed.Select(IdOf).Distinct().Count());
        Assert.Equal(60, listed.Count);
        Assert.Equal(listed.Select(At).OrderDescending(), listed.Select(At));
        Assert.Equal((await host.ListAsync()).Select(IdOf), listed.Select(IdOf));
    }

    [Theory]
    [InlineData("subject=subject-3")]
    [InlineData("subject=SUBJECT-3")]
    [InlineData("caller=ann/cli")]
    [InlineData("caller=it%27s%20bob/cli")]
    [InlineData("action=policy.create")]
    [InlineData("action=policy.")]
    [InlineData("action=policy")]
    [InlineData("outcome=failed")]
    [InlineData("outcome=Intended&action=device.&caller=ann/cli")]
    [InlineData("correlationId=00000000000000000000000000000005")]
    [InlineData("correlationId=00-00000000000000000000000000000005-0123456789abcdef-01")]
    [InlineData("from=-40&to=-20")]
    [InlineData("from=-40")]
    [InlineData("to=-60&subject=subject-7")]
    public async Task All_conditions_that_are_given_hold(string query)
    {
        var asked = query.Split('&').Select(part => part.Split('=')).ToDictionary(p => p[0], p => Uri.UnescapeDataString(p[1]));
        foreach (var name in new[] { "from", "to" }.Where(asked.ContainsKey))
        {
            asked[name] = (end + TimeSpan.FromHours(int.Parse(asked[name], System.Globalization.CultureInfo.InvariantCulture))).ToString("O");
        }

        var listed = await host.ListAsync(string.Join('&', asked.Select(a => $"{a.Key}={Uri.EscapeDataString(a.Value)}")) + "&pageSize=4");

        var expected = written.Where(entry => asked.All(a => a.Key switch
        {
            "subject" => entry.Subject.Equals(a.Value, StringComparison.OrdinalIgnoreCase),
            "caller" => entry.CallerId == a.Value,
            "action" => a.Value.EndsWith('.') ? entry.Action.StartsWith(a.Value, StringComparison.Ordinal) : entry.Action == a.Value,
            "outcome" => entry.Outcome.ToString().Equals(a.Value, StringComparison.OrdinalIgnoreCase),
            "correlationId" => a.Value.Contains(entry.CorrelationId!, StringComparison.Ordinal),
            "from" => entry.At >= DateTimeOffset.Parse(a.Value, System.Globalization.CultureInfo.InvariantCulture),
            _ => entry.At < DateTimeOffset.Parse(a.Value, System.Globalization.CultureInfo.InvariantCulture),
        })).Select(entry => entry.Id).Order();
        Assert.Equal(expected, listed.Select(IdOf).Order());
        Assert.Equal(query == "action=policy", listed.Count == 0);
    }

    [Theory]
    [InlineData("subject=x' or PartitionKey ne '")]
    [InlineData("caller=' or 1 eq 1 or '")]
    [InlineData("action=a' or Action ge 'a.")]
    [InlineData("correlationId=') or (At gt datetime'2000-01-01T00:00:00Z")]
    public async Task A_condition_is_a_value_and_never_a_part_of_the_query(string query) =>
        Assert.Empty(await host.ListAsync(string.Join('=', query.Split('=', 2)[0], Uri.EscapeDataString(query.Split('=', 2)[1]))));

    [Theory]
    [InlineData("outcome=Perhaps", "outcome")]
    [InlineData("from=yesterday", "from")]
    [InlineData("from=2026-02-01&to=2026-01-01", "from")]
    [InlineData("subject=a%0Ab", "subject")]
    [InlineData("pageSize=1001", "pageSize")]
    [InlineData("continuation=20260101!00!' or 'a", "continuation")]
    [InlineData("continuation=99999999", "continuation")]
    public async Task What_is_no_condition_is_told_by_field(string query, string field)
    {
        using var answer = await host.Admin.GetAsync($"/api/audit?{query}", Stop);

        Assert.NotNull((await answer.JsonAsync(HttpStatusCode.BadRequest))["errors"]![field]);
    }

    [Theory]
    [InlineData("0001-01-01", "")]
    [InlineData("", "0001-01-01")]
    [InlineData("", "9999-12-31")]
    [InlineData("9999-12-31", "")]
    public async Task A_time_far_away_is_taken_as_far_as_there_is_anything(string from, string to)
    {
        var listed = await host.ListAsync($"from={from}&to={to}&pageSize=1000&subject=subject-1");

        Assert.Equal(from.StartsWith('9') || to.StartsWith('0') ? 0 : 3, listed.Count);
    }

    [Fact]
    public async Task A_page_reads_a_bounded_number_of_partitions_and_so_may_be_short()
    {
        await using var wide = await AtpHost.StartAsync(stack, new AtpHostOptions { Settings = { ["Atp:Site:ShardCount"] = "256" } });
        for (var day = 0; day < 5; day++)
        {
            await wide.ChangeAsync($"subject-{day}", 1);
            wide.Clock.Advance(TimeSpan.FromDays(1));
        }

        var before = wide.Transactions;
        var first = await wide.GetJsonAsync("/api/audit?pageSize=1000");
        var cost = wide.Transactions - before;

        Assert.NotNull(first["nextLink"]);
        Assert.InRange(cost, 256, 3 * 257);
        Assert.Equal(10, (await wide.ListAsync("pageSize=1000")).Count);
    }

    [Fact]
    public async Task Only_who_has_the_role_reads_it()
    {
        using var others = host.Client([.. AtpHost.AllRoles.Where(role => role != "Audit.Read")]);
        using var auditor = host.Client("Audit.Read");
        var chain = AuditChain.PartitionOf(AuditChain.DayOf(written[0].At), host.Get<AuditTable>().ShardOf(written[0].Subject));

        foreach (var address in new[] { "/api/audit", "/api/audit/chains", $"/api/audit/chains/{chain}" })
        {
            await (await others.GetAsync(address, Stop)).ProblemAsync(HttpStatusCode.Forbidden, "role.missing");
            Assert.Equal(HttpStatusCode.OK, (await auditor.GetAsync(address, Stop)).StatusCode);
        }
    }

    [Fact]
    public async Task What_the_service_does_by_itself_is_its_own_and_from_no_address()
    {
        var policy = await host.CreateOffboardingPolicyAsync(host.Clock.GetUtcNow().AddDays(20));
        var deploymentId = await host.DeployAsync((string)policy["id"]!, await host.CreateCollectionAsync("All", new { tag = "all" }));
        host.Clock.Advance(TimeSpan.FromDays(21));

        await host.Get<ReconcileService>().RunAsync(Stop);

        var ended = Assert.Single(await host.ListAsync($"subject={deploymentId}&action=deployment.end"));
        Assert.Equal(("service", "Done", null), ((string?)ended["callerId"], (string?)ended["outcome"], ended["address"]));
        Assert.StartsWith("127.0.0.1", (string?)(await host.ListAsync($"subject={deploymentId}&action=deployment.create"))[0]["address"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_lists_it_too()
    {
        var (exitCode, output, error) = await host.AtpAsync("audit", "list", "--subject", "subject-4", "--output", "json");

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Equal(
            written.Where(e => e.Subject == "subject-4").OrderByDescending(e => e.At).Select(e => e.Id),
            JsonNode.Parse(output)!.AsArray().Select(entry => IdOf(entry!.AsObject())));
        var (refused, _, problem) = await host.AtpAsync("audit", "list", "--outcome", "perhaps");
        Assert.Equal(1, refused);
        Assert.Contains("outcome:", problem, StringComparison.Ordinal);
        var (_, table, more) = await host.AtpAsync("audit", "list", "--action", "policy.", "--top", "3");
        Assert.Contains("Somebody", table, StringComparison.Ordinal);
        Assert.Contains("There are more than these 3", more, StringComparison.Ordinal);
    }

    private static string IdOf(JsonObject entry) => (string)entry["id"]!;

    private static DateTimeOffset At(JsonObject entry) => (DateTimeOffset)entry["at"]!;
}
