using System.Text.RegularExpressions;
using Atp.Core.Health;
using Atp.Functions.Tests.Devices;
using Azure.Data.Tables;

namespace Atp.Functions.Tests.PowerBi;

/// <summary>The model reads what the service writes.</summary>
public sealed partial class ReportingTablesTests(TestStack stack)
{
    /// <summary>What the Table service adds to every row.</summary>
    private static readonly string[] Added = ["PartitionKey", "RowKey", "Timestamp", "odata.etag"];

    [Fact]
    public async Task Every_column_of_the_reporting_tables_that_a_run_wrote_is_in_the_model_with_its_name_and_type_and_no_other_is()
    {
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        await host.ImportAsync([TestSite.Line("pc-1"), TestSite.Line("pc-2")]);
        var policy = (string)(await host.CreatePolicyAsync())["id"]!;
        await host.ActiveAsync(await host.DeployAsync(policy, await host.CreateCollectionAsync("All", new { tag = "all" })));
        await host.RollUpAsync();

        var read = PowerBiProject.Tables.Values
            .Select(table => (Table: table, Source: table.Of("partition").Single().Properties["source"]))
            .Where(t => Named().IsMatch(t.Source)).ToDictionary(t => Named().Match(t.Source).Groups[1].Value);
        Assert.Equal(["deploymentlatest", "healthhistory", "healthlatest"], read.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, (table, source)) in read)
        {
            var rows = await host.Tables.GetTableClient(name).QueryAsync<TableEntity>().ToListAsync();
            var columns = table.Of("column").Where(c => c.Expression is null).ToDictionary(c => c.Properties["sourceColumn"], c => c.Properties["dataType"]);
            Assert.NotEmpty(rows);
            Assert.All(rows, row => Assert.Equal(
                row.Where(column => !Added.Contains(column.Key)).Select(column => (column.Key, ModelType(column.Value))).Order(),
                columns.Select(column => (column.Key, column.Value)).Order()));
            Assert.Equal(
                columns.Select(column => (column.Key, QueryType(column.Value))).Order(),
                Typed().Matches(source).Select(m => (m.Groups[1].Value, m.Groups[2].Value)).Order());
        }

        var site = await host.Tables.GetTableClient("healthlatest").GetEntityAsync<TableEntity>("latest", "site");
        Assert.Equal(ScopeFigures.Site, site.Value.GetString("Scope")); // what is measured without a choice
        Assert.Equal(site.Value.GetDateTimeOffset("AsOf")!.Value.UtcDateTime.ToString("yyyyMMdd"), $"{site.Value.GetInt32("Day")}"); // related to the days
    }

    private static string ModelType(object? value) => value switch
    {
        string => "string",
        int or long => "int64",
        DateTimeOffset => "dateTime",
        _ => $"{value?.GetType()}",
    };

    private static string QueryType(string modelType) => modelType switch
    {
        "string" => "type text",
        "int64" => "Int64.Type",
        "dateTime" => "type datetime",
        _ => modelType,
    };

    [GeneratedRegex("""ReportingTable\("(\w+)",""")]
    private static partial Regex Named();

    [GeneratedRegex("""\{"(\w+)", ([\w .]+)\}""")]
    private static partial Regex Typed();
}
