using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Atp.Functions.Tests.Docs;

namespace Atp.Functions.Tests.PowerBi;

/// <summary>What Microsoft's own rules and parsers say of the project, and that report, model and dashboard speak of the same things.</summary>
public sealed partial class ProjectTests
{
    /// <summary>Names a checkout of microsoft/json-schemas: each part is then held against Microsoft's schemas too.</summary>
    internal const string PublicSchemas = "ATP_FABRIC_SCHEMAS";

    private static readonly Lazy<Task<Checked>> Checks = new(CheckAsync);

    private sealed record Checked(IReadOnlyList<string> Parts, IReadOnlyList<string> Problems);

    [Fact]
    public async Task No_part_breaks_its_schema_or_Microsofts_rules_for_reports_and_every_expression_in_M_parses()
    {
        var found = await Checks.Value;

        Assert.Empty(found.Problems);
        Assert.True(PowerBiProject.Expressions().Count >= 15);
    }

    [Fact]
    public async Task Every_JSON_part_but_the_theme_is_held_against_a_schema()
    {
        var parts = Directory.EnumerateFiles(PowerBiProject.Folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = default })
            .Select(file => Path.GetRelativePath(PowerBiProject.Folder, file).Replace('\\', '/'))
            .Where(name => !name.StartsWith("checks/", StringComparison.Ordinal) && !name.Contains("/.pbi/", StringComparison.Ordinal)
                && Path.GetExtension(name) is not (".tmdl" or ".md"));

        Assert.Equal(
            parts.Where(name => !name.EndsWith("RegisteredResources/Atp.json", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            (await Checks.Value).Parts.Select(name => name.Replace('\\', '/')).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_page_that_is_listed_is_there_and_the_other_way_round()
    {
        var pages = Path.Combine(PowerBiProject.Folder, "Atp.Report", "definition", "pages");
        var listed = PowerBiProject.Json(Path.Combine(pages, "pages.json"))["pageOrder"]!.AsArray().Select(name => (string)name!).ToList();

        Assert.Equal(
            listed.Order(StringComparer.Ordinal),
            Directory.EnumerateDirectories(pages).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal));
        Assert.Equal(["Onboarding status", "Agent health", "Trend", "Deployments"],
            listed.Select(name => (string)PowerBiProject.Json(Path.Combine(pages, name, "page.json"))["displayName"]!));
    }

    [Fact]
    public void Every_field_of_a_visual_is_in_the_model_under_that_name()
    {
        var fields = PowerBiProject.Visuals.SelectMany(visual => Fields(visual.Value).Select(field => (Visual: visual.Key, Field: field))).ToList();

        Assert.True(fields.Count > 100, $"Only {fields.Count} fields were found.");
        Assert.All(fields, used =>
        {
            var (kind, table, property) = used.Field;
            var members = PowerBiProject.Tables[table].Of(kind).ToDictionary(member => member.Name);
            Assert.True(members.ContainsKey(property), $"{used.Visual} shows the {kind} {property} of {table}, which has none.");
            Assert.False(members[property].Properties.ContainsKey("isHidden"), $"{used.Visual} shows {property} of {table}, which is hidden.");
        });
        Assert.All(PowerBiProject.Visuals.SelectMany(visual => Projections(visual.Value)), projection =>
        {
            var (_, table, property) = Fields(projection["field"]!).Single();
            Assert.Equal($"{table}.{property}", (string)projection["queryRef"]!);
            Assert.Equal(property, (string)projection["nativeQueryRef"]!);
        });
    }

    [Fact]
    public void Every_measure_that_is_blank_without_data_is_shown_as_no_data()
    {
        var rates = PowerBiProject.Measures.Values.Where(m => m.Expression!.StartsWith("DIVIDE", StringComparison.Ordinal))
            .Select(m => m.Name).ToHashSet();
        var shown = PowerBiProject.Visuals.Values.Where(visual => Fields(visual).Any(field => rates.Contains(field.Property))).ToList();

        Assert.NotEmpty(shown);
        Assert.All(shown, visual =>
        {
            var isLine = (string)visual["visual"]!["visualType"]! == "lineChart"; // a gap
            Assert.True(isLine || visual["visual"]!["objects"]!.ToJsonString().Contains("no data", StringComparison.Ordinal),
                $"{visual["name"]} shows a blank.");
        });
    }

    [Fact]
    public void States_and_statuses_have_the_names_the_meanings_and_the_colours_of_the_dashboard()
    {
        var dashboard = Path.Combine(Pages.Root, "web", "dashboard");
        var figures = File.ReadAllText(Path.Combine(dashboard, "figures.ts"));
        var labels = File.ReadAllText(Path.Combine(dashboard, "views", "badges.ts"));
        var bars = File.ReadAllText(Path.Combine(dashboard, "views", "deployments.css"));
        var colours = Colour().Matches(File.ReadAllText(Path.Combine(dashboard, "dashboard.css")).Split("@media")[0])
            .ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);
        var shown = PowerBiProject.Visuals.Values.SelectMany(visual => Coloured(visual)).ToLookup(c => c.Value, c => c.Colour);

        var states = Rows("States");
        Assert.Equal(6, states.Count);
        Assert.All(states, state =>
        {
            var colour = Regex.Match(figures, $"label: \"{state.Name}\", (?:colour: \"(?<colour>[a-z-]+)\", )?meaning: \"{Regex.Escape(state.Meaning)}\"");
            Assert.True(colour.Success, $"{state.Name} is something else in the dashboard.");
            Assert.Equal([colours[colour.Groups["colour"].Value]], shown[state.Name].Distinct());
        });
        var statuses = Rows("Statuses");
        Assert.Equal(6, statuses.Count);
        Assert.All(statuses, status =>
        {
            var name = Regex.Match(labels, $"(\\w+): \"{status.Name}\"").Groups[1].Value;
            var colour = Regex.Match(bars, $"\\.status-bar \\.{char.ToLowerInvariant(name[0])}{name[1..]} {{ fill: var\\(--([a-z-]+)\\)").Groups[1].Value;
            Assert.Equal([colours[colour]], shown[status.Name].Distinct());
        });
    }

    private static List<(string Name, string Meaning)> Rows(string table) => [.. Row()
        .Matches(PowerBiProject.Tables[table].Of("partition").Single().Properties["source"]).Select(m => (m.Groups[1].Value, m.Groups[2].Value))];

    private static IEnumerable<JsonNode> Projections(JsonObject visual) =>
        visual["visual"]!["query"]?["queryState"]!.AsObject().SelectMany(role => role.Value!["projections"]!.AsArray().Select(p => p!)) ?? [];

    private static IEnumerable<(string Kind, string Table, string Property)> Fields(JsonNode node) =>
        All(node).OfType<JsonObject>().SelectMany(o => new[] { "Column", "Measure" }.Where(o.ContainsKey).Select(kind => (kind, o[kind]!)))
            .Where(field => field.Item2["Expression"]!["SourceRef"]!["Entity"] is not null)
            .Select(field => (field.kind == "Column" ? "column" : "measure",
                (string)field.Item2["Expression"]!["SourceRef"]!["Entity"]!, (string)field.Item2["Property"]!));

    private static IEnumerable<(string Value, string Colour)> Coloured(JsonObject visual) =>
        (visual["visual"]!["objects"]?["dataPoint"]?.AsArray() ?? []).Where(point => point!["selector"] is not null).Select(point => (
            ((string)point!["selector"]!["data"]![0]!["scopeId"]!["Comparison"]!["Right"]!["Literal"]!["Value"]!).Trim('\''),
            ((string)point["properties"]!["fill"]!["solid"]!["color"]!["expr"]!["Literal"]!["Value"]!).Trim('\'')));

    private static IEnumerable<JsonNode> All(JsonNode? node) => node is null ? [] : (node switch
    {
        JsonObject o => o.Select(property => property.Value),
        JsonArray a => a,
        _ => Enumerable.Empty<JsonNode?>(),
    }).SelectMany(All).Prepend(node);

    private static async Task<Checked> CheckAsync()
    {
        var own = Path.Combine(Pages.Root, "tests", "Atp.Functions.Tests", "PowerBi", "Schemas");
        var start = new ProcessStartInfo("node", ["check.mjs"])
        {
            WorkingDirectory = Path.Combine(PowerBiProject.Folder, "checks"),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var node = Process.Start(start)!;
        await node.StandardInput.WriteAsync(JsonSerializer.Serialize(new
        {
            project = PowerBiProject.Folder,
            schemas = Environment.GetEnvironmentVariable(PublicSchemas) is { Length: > 0 } published ? [own, published] : new[] { own },
            expressions = PowerBiProject.Expressions(),
        }));
        node.StandardInput.Close();
        var errors = node.StandardError.ReadToEndAsync();
        var output = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, await errors);
        return JsonSerializer.Deserialize<Checked>(output, JsonSerializerOptions.Web)!;
    }

    [GeneratedRegex(@"--([a-z-]+): (#[0-9a-f]{6})")]
    private static partial Regex Colour();

    [GeneratedRegex("""\{"([^"]+)", "([^"]+)", \d\}""")]
    private static partial Regex Row();
}
