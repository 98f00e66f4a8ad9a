using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Atp.Core.Telemetry;
using Atp.Functions.Tests.Docs;
using Microsoft.Extensions.DependencyInjection;

namespace Atp.Functions.Tests.InAzure;

/// <summary>Alerts and the operator's view ask for figures that the app gives.</summary>
public sealed partial class AlertTests
{
    private static readonly IReadOnlyList<string> Instruments = ReadInstruments();

    [Theory]
    [InlineData("poison-messages", "atp.poison.messages")]
    [InlineData("failed-timers", "atp.timers.failed")]
    [InlineData("stale-figures", "atp.rollup.lag")]
    [InlineData("server-errors", "AppRequests")]
    public async Task There_is_an_alert_that_says_what_to_do(string name, string asksFor)
    {
        var alert = (await AlertsAsync()).Single(alert => (string?)alert["name"] == name);

        Assert.Contains(asksFor, (string)alert["query"]!, StringComparison.Ordinal);
        Assert.EndsWith($" docs/operations.md#{name}", (string)alert["description"]!, StringComparison.Ordinal);
        Assert.Contains(name, Pages.Anchors(File.ReadAllText(Pages.PathOf("operations.md"))));
    }

    /// <summary>No value is a row as well: a query without groups has one also over nothing.</summary>
    [Theory]
    [InlineData("failed-timers", "RollUps == 0 or Reconciles == 0")]
    [InlineData("stale-figures", "Values == 0")]
    public async Task Silence_is_an_alert_too(string name, string condition)
    {
        var query = (string)(await AlertsAsync()).Single(alert => (string?)alert["name"] == name)["query"]!;

        Assert.Contains(condition, query, StringComparison.Ordinal);
        Assert.DoesNotMatch(Grouped(), query);
    }

    [Fact]
    public async Task Every_alert_ends_by_itself_and_is_on_the_workspace_for_any_row_of_its_query()
    {
        var rule = (await CompiledTemplate.GetAsync()).OfType("Microsoft.Insights/scheduledQueryRules").Single().Json;
        var criterion = rule["properties"]!["criteria"]!["allOf"]!.AsArray().Single()!;

        Assert.True((bool)rule["properties"]!["autoMitigate"]!);
        Assert.True((bool)rule["properties"]!["enabled"]!);
        Assert.Equal("[parameters('workspaceId')]", (string?)rule["properties"]!["scopes"]!.AsArray().Single());
        Assert.Equal(("Count", "GreaterThan", 0), ((string)criterion["timeAggregation"]!, (string)criterion["operator"]!, (int)criterion["threshold"]!));
    }

    [Fact]
    public async Task The_view_is_over_the_workspace_and_shows_every_figure_and_5xx()
    {
        var queries = await ViewAsync();

        Assert.Equal(Instruments.Order(StringComparer.Ordinal), MetricsOf(queries).Order(StringComparer.Ordinal));
        Assert.Contains(queries, query => query.Contains("AppRequests", StringComparison.Ordinal) && query.Contains(">= 500", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_figure_that_is_asked_for_is_one_that_the_app_gives() =>
        Assert.Equal([], MetricsOf((await AlertsAsync()).Select(alert => (string)alert["query"]!)).Except(Instruments));

    private static List<string> ReadInstruments()
    {
        var names = new List<string>();
        using var services = new ServiceCollection().AddMetrics().AddSingleton<AtpMetrics>().BuildServiceProvider();
        using var listener = new MeterListener();
        var factory = services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Scope == factory)
            {
                names.Add(instrument.Name);
            }
        };
        listener.Start();
        _ = services.GetRequiredService<AtpMetrics>();
        return names;
    }

    private static IEnumerable<string> MetricsOf(IEnumerable<string> queries) =>
        queries.SelectMany(query => Metric().Matches(query)).Select(m => m.Groups[1].Value).Distinct();

    private static async Task<IReadOnlyList<JsonNode>> AlertsAsync() =>
        [.. (await CompiledTemplate.GetAsync()).Module("alerts")["properties"]!["template"]!["variables"]!["alerts"]!.AsArray()!];

    private static async Task<IReadOnlyList<string>> ViewAsync()
    {
        var template = (await CompiledTemplate.GetAsync()).Module("workbook")["properties"]!["template"]!;
        var view = JsonNode.Parse((string)template["variables"]!["$fxv#0"]!)!;
        var items = view["items"]!.AsArray().Where(item => (int)item!["type"]! == 3).Select(item => item!["content"]!).ToList();
        Assert.All(items, item => Assert.Equal(("{workspaceId}", "Period"),
            ((string)item["crossComponentResources"]!.AsArray().Single()!, (string)item["timeContextFromParameter"]!)));
        return [.. items.Select(item => (string)item["query"]!)];
    }

    [GeneratedRegex(@"'(atp\.[a-z._]+)'")]
    private static partial Regex Metric();

    [GeneratedRegex(@"summarize[^|]* by ")]
    private static partial Regex Grouped();
}
