using System.Text.RegularExpressions;

namespace Atp.Functions.Tests.PowerBi;

/// <summary>Onboarding status and agent health in Power BI are those of the service, and of one scope at a time.</summary>
public sealed partial class SemanticModelTests
{
    [Theory]
    [InlineData("Devices", "Devices", false)]
    [InlineData("Targeted", "Targeted", false)]
    [InlineData("Eligible", "Eligible", true)]
    [InlineData("Onboarded", "Onboarded", true)]
    [InlineData("Healthy", "Healthy", true)]
    [InlineData("Inactive", "Inactive", true)]
    [InlineData("Agent state", "AgentState", true)]
    [InlineData("Not onboarded", "NotOnboarded", true)]
    [InlineData("Never reached", "NeverReached", true)]
    [InlineData("Offboarding", "Offboarding", true)]
    [InlineData("File samples drifted", "FileSamplesDrifted", false)]
    [InlineData("On an old enrollment key", "OnOldEnrollmentKey", false)]
    public void A_count_is_of_one_scope_and_in_the_trend_at_one_moment(string measure, string column, bool isInTrend)
    {
        Assert.Equal($"VAR Chosen = [Scope in view] RETURN CALCULATE(SUM(Health[{column}]), Health[Scope] = Chosen)", Definition(measure));
        Assert.Equal(isInTrend, PowerBiProject.Measures.ContainsKey($"{measure} (trend)"));
        if (isInTrend)
        {
            Assert.Equal(
                "VAR Chosen = [Scope in view] VAR Moment = [Moment in view] "
                    + $"RETURN CALCULATE(SUM(History[{column}]), Health[Scope] = Chosen, History[As of] = Moment)",
                Definition($"{measure} (trend)"));
        }
    }

    /// <summary>DIVIDE is blank where the denominator is 0 or blank: no data, not 0 %.</summary>
    [Theory]
    [InlineData("Scope in view", "IF(ISFILTERED(Health), COALESCE(SELECTEDVALUE(Health[Scope]), \"none\"), \"site\")")]
    [InlineData("Moment in view", "VAR Chosen = [Scope in view] RETURN CALCULATE(MAX(History[As of]), Health[Scope] = Chosen)")]
    [InlineData("Onboarding status", "DIVIDE([Onboarded], [Eligible])")]
    [InlineData("Healthy %", "DIVIDE([Healthy], [Eligible])")]
    [InlineData("Inactive %", "DIVIDE([Inactive], [Eligible])")]
    [InlineData("Agent state %", "DIVIDE([Agent state], [Eligible])")]
    [InlineData("Not onboarded %", "DIVIDE([Not onboarded], [Eligible])")]
    [InlineData("Not targeted", "[Devices] - [Targeted]")]
    [InlineData("Onboarding status (trend)", "DIVIDE([Onboarded (trend)], [Eligible (trend)])")]
    [InlineData("Onboarding status (text)", "IF(ISBLANK([Onboarding status]), \"no data\", FORMAT([Onboarding status], \"0.0 %\"))")]
    [InlineData("Is stale", "IF(ISBLANK([As of]), BLANK(), [Age when read (minutes)] > MAX(Figures[StaleAfterMinutes]))")]
    [InlineData("Age when read (minutes)", "([Read at] - [As of]) * 1440")]
    [InlineData("Targets", "[Success] + [In progress] + [Error] + [Requirements not met] + [Unknown] + [Superseded]")]
    [InlineData("Success rate", "DIVIDE([Success], [Targets])")]
    [InlineData("Error rate", "DIVIDE([Error], [Targets])")]
    [InlineData("Requirements not met", "SUM(Deployments[RequirementsNotMet])")]
    public void A_measure_is_defined_as_the_guide_says(string measure, string definition) => Assert.Equal(definition, Definition(measure));

    [Fact]
    public void By_state_and_by_status_each_name_leads_to_its_own_measure()
    {
        AssertCases("Devices in state", "", 6);
        AssertCases("Of eligible", " %", 4);
        AssertCases("Devices in state (trend)", " (trend)", 6);
        AssertCases("Targets in status", "", 6);
    }

    [Fact]
    public void Every_measure_is_described_and_filed_and_every_number_has_a_format()
    {
        Assert.True(PowerBiProject.Measures.Count > 50);
        Assert.All(PowerBiProject.Measures.Values, measure =>
        {
            Assert.NotEmpty(measure.Description);
            Assert.NotEmpty(measure.Properties["displayFolder"]);
            Assert.True(measure.Properties.ContainsKey("formatString") || Definition(measure.Name).StartsWith("IF(", StringComparison.Ordinal),
                $"{measure.Name} has no format.");
        });
    }

    [Fact]
    public void Whatever_a_measure_a_relationship_or_an_order_refers_to_is_in_the_model()
    {
        var tables = PowerBiProject.Tables.Values;
        var columns = tables.SelectMany(table => table.Of("column").Select(column => $"{table.Name}[{column.Name}]")).ToHashSet();
        var formulas = PowerBiProject.Measures.Values.Concat(tables.SelectMany(table => table.Of("column"))).Where(o => o.Expression is not null);

        Assert.All(formulas, formula => Assert.All(Reference().Matches(Text().Replace(formula.Expression!, "")), reference =>
        {
            var (table, name) = (reference.Groups[1].Value, reference.Groups[2].Value);
            Assert.True(table.Length == 0 ? PowerBiProject.Measures.ContainsKey(name) : columns.Contains($"{table}[{name}]"),
                $"{formula.Name} refers to {reference.Value}, which is not there.");
        }));
        Assert.All(PowerBiProject.Model.Where(o => o.Keyword == "relationship")
            .SelectMany(relationship => new[] { relationship.Properties["fromColumn"], relationship.Properties["toColumn"] }), end =>
                Assert.Contains($"{end.Split('.')[0]}[{end.Split('.')[1]}]", columns));
        Assert.All(tables, table => Assert.All(table.Of("column").Where(c => c.Properties.ContainsKey("sortByColumn")),
            column => Assert.Contains($"{table.Name}[{column.Properties["sortByColumn"]}]", columns)));
        Assert.Equal(PowerBiProject.Tables.Keys.Order(), PowerBiProject.Model.Where(o => o.Keyword == "ref table").Select(r => r.Name).Order());
    }

    [Fact]
    public void No_count_of_a_table_is_added_up_but_by_a_measure()
    {
        Assert.Contains(PowerBiProject.Model, o => o.Keyword == "model" && o.Properties.ContainsKey("discourageImplicitMeasures"));
        Assert.All(PowerBiProject.Tables.Values.SelectMany(table => table.Of("column")), column =>
        {
            Assert.Equal("none", column.Properties["summarizeBy"]);
            Assert.True(column.Properties["dataType"] != "int64" || column.Properties.ContainsKey("isHidden"), $"{column.Name} is a number to be seen.");
        });
    }

    [Fact]
    public void The_feed_takes_the_place_of_the_account_and_of_nothing_else()
    {
        var own = PowerBiProject.Model.Where(o => o.Keyword == "expression").ToDictionary(e => e.Name);
        var feed = PowerBiProject.FeedExpressions.ToDictionary(e => e.Name);

        Assert.Equal(own.Keys.Except(["ReportingAccount"]).Append("FeedAddress").Order(), feed.Keys.Order());
        Assert.All(own.Keys.Intersect(feed.Keys).Except(["ReportingTable"]), name => Assert.Equal(own[name].Expression, feed[name].Expression));
        Assert.Equal(own["ReportingTable"].Expression!.Split('\n')[0], feed["ReportingTable"].Expression!.Split('\n')[0]); // what it takes and gives
    }

    private static void AssertCases(string measure, string suffix, int count)
    {
        var cases = Case().Matches(Definition(measure));
        Assert.Equal(count, cases.Count);
        Assert.All(cases, c => Assert.Equal(c.Groups[1].Value + suffix, c.Groups[2].Value));
    }

    private static string Definition(string measure) => PowerBiProject.OnOneLine(PowerBiProject.Measures[measure].Expression!);

    [GeneratedRegex(@"""([^""]+)"", \[([^\]]+)\]")]
    private static partial Regex Case();

    [GeneratedRegex(@"(\w*)\[([^\]]+)\]")]
    private static partial Regex Reference();

    [GeneratedRegex(@"""[^""]*""")]
    private static partial Regex Text();
}
