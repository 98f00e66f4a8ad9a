using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Atp.Core.Storage;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Devices;

/// <summary>Import of an inventory: what is kept, what is refused, and what the answer says of it.</summary>
public sealed class ImportTests(TestStack stack)
{
    private const string CsvHeader = "deviceId,name,build,productType,sku,tags,monitoringAgentVersion";

    private static readonly (string Text, string Field, string Code)[] BadLines =
    [
        ("{\"deviceId\":\"has space\",\"name\":\"X\",\"build\":19045,\"productType\":1}", "deviceId", "device.id-invalid"),
        ("{\"deviceId\":\"bad-name\",\"name\":\"\",\"build\":19045,\"productType\":1}", "name", "inventory.name-invalid"),
        ("{\"deviceId\":\"bad-build\",\"name\":\"X\",\"build\":\"ten\",\"productType\":1}", "build", "inventory.build-invalid"),
        ("{\"deviceId\":\"bad-type\",\"name\":\"X\",\"build\":19045,\"productType\":7}", "productType", "inventory.product-type-invalid"),
        ("{\"deviceId\":\"bad-field\",\"name\":\"X\",\"build\":19045,\"productType\":1,\"colour\":\"red\"}", "colour", "inventory.line-invalid"),
        ("{\"deviceId\":\"bad-json\",\"name\":", "name", "inventory.line-invalid"),
    ];

    private static readonly (string Text, string Field, string Code)[] BadCsvLines =
    [
        ("has space,X,19045,1,4,all,", "deviceId", "device.id-invalid"),
        ("bad-name,,19045,1,4,all,", "name", "inventory.name-invalid"),
        ("bad-build,X,ten,1,4,all,", "build", "inventory.build-invalid"),
        ("bad-type,X,19045,7,4,all,", "productType", "inventory.product-type-invalid"),
        ("bad-number,X,19045,one,4,all,", "line", "inventory.number-invalid"),
        ("bad-count,X,19045,1,4,all,1.0,red", "line", "inventory.line-invalid"),
    ];

    [Theory]
    [InlineData("application/x-ndjson")]
    [InlineData("text/csv; charset=utf-8")]
    public async Task Twenty_thousand_rows_with_bad_ones_in_between_keep_every_good_row(string mediaType)
    {
        await using var host = await AtpHost.StartAsync(stack);
        var isCsv = mediaType.StartsWith("text/csv", StringComparison.Ordinal);
        var bad = isCsv ? BadCsvLines : BadLines;
        var text = new StringBuilder(isCsv ? CsvHeader + "\r\n" : "");
        var expected = new List<(int Line, string Field, string Code)>();
        for (var i = 0; i < 20_000; i++)
        {
            var line = i + (isCsv ? 2 : 1);
            if (i % 1_000 == 999)
            {
                var (badLine, field, code) = bad[expected.Count % bad.Length];
                expected.Add((line, field, code));
                text.Append(badLine).Append(isCsv ? "\r\n" : "\n");
            }
            else
            {
                text.Append(isCsv ? $"Device-{i:D5},PC {i},10.0.19045.3803,1,4,all;floor {i % 7},\r\n" : TestSite.Line($"Device-{i:D5}") + "\n");
            }
        }

        var answer = await (await SendAsync(host, text.ToString(), mediaType)).JsonAsync();

        Assert.Equal((20_000, 19_980, 0, 0, 20), Counts(answer));
        Assert.Equal(expected, answer["errors"]!.AsArray().Select(e => ((int)e!["line"]!, (string)e["field"]!, (string)e["code"]!)));
        Assert.All(answer["errors"]!.AsArray(), e => Assert.False(string.IsNullOrWhiteSpace((string?)e!["detail"])));
        var keys = await host.FleetKeysAsync();
        Assert.Equal(19_980, keys.Count);
        Assert.All(keys, key => Assert.StartsWith("device-", key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_answer_lists_the_first_thousand_errors_and_counts_all()
    {
        await using var host = await AtpHost.StartAsync(stack);

        var answer = await host.ImportAsync(Enumerable.Range(0, 1_500).Select(i => i == 700 ? TestSite.Line("good") : "{}"));

        Assert.Equal((1_500, 1, 0, 0, 1_499), Counts(answer));
        var lines = answer["errors"]!.AsArray().Select(e => (int)e!["line"]!).ToList();
        Assert.Equal(Enumerable.Range(1, 1_001).Where(line => line != 701), lines);
        Assert.Equal(["good"], await host.FleetKeysAsync());
    }

    [Fact]
    public async Task A_second_import_of_the_same_inventory_writes_no_device()
    {
        await using var host = await AtpHost.StartAsync(stack);
        await host.CreateCollectionAsync("All", new { tag = "all" });
        var lines = Enumerable.Range(0, 1_000).Select(i => TestSite.Line($"device-{i:D4}")).ToList();
        Assert.Equal((1_000, 1_000, 0, 0, 0), Counts(await host.ImportAsync(lines)));
        var before = await host.VersionsAsync(TableNames.Fleet);

        Assert.Equal((1_000, 0, 0, 1_000, 0), Counts(await host.ImportAsync(lines)));

        Assert.Equal(2_000, before.Count); // a device row and an index row each
        Assert.Equal(before, await host.VersionsAsync(TableNames.Fleet));
    }

    [Fact]
    public async Task An_import_that_changes_some_devices_says_how_many()
    {
        await using var host = await AtpHost.StartAsync(stack);
        await host.ImportAsync([TestSite.Line("a"), TestSite.Line("b"), TestSite.Line("c")]);

        var answer = await host.ImportAsync([TestSite.Line("a"), TestSite.Line("b", build: 22631), TestSite.Line("c", tags: ""), TestSite.Line("d")]);

        Assert.Equal((4, 1, 2, 1, 0), Counts(answer));
        Assert.Equal(22631, (int)(await host.GetJsonAsync("/api/devices/b"))["build"]!);
        Assert.Empty((await host.GetJsonAsync("/api/devices/c"))["tags"]!.AsArray());
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    [InlineData(null)]
    public async Task Another_content_type_is_refused_and_nothing_stored(string? mediaType)
    {
        await using var host = await AtpHost.StartAsync(stack);

        await (await host.SendImportAsync(TestSite.Line("device-1"), mediaType)).ProblemAsync(HttpStatusCode.UnsupportedMediaType, "body.content-type");

        Assert.Empty(await host.FleetKeysAsync());
    }

    [Fact]
    public async Task A_device_that_comes_twice_counts_with_its_last_row()
    {
        await using var host = await AtpHost.StartAsync(stack);

        var answer = await host.ImportAsync([TestSite.Line("Twice", build: 17763), TestSite.Line("other"), TestSite.Line("twice", build: 22631)]);

        Assert.Equal((3, 2, 0, 1, 0), Counts(answer));
        Assert.Equal(22631, (int)(await host.GetJsonAsync("/api/devices/twice"))["build"]!);
    }

    [Fact]
    public async Task The_last_row_counts_however_far_the_two_are_apart()
    {
        // The first row is the last to be written of its 400, and the second the first of the next 400.
        await using var host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        var lines = Enumerable.Range(0, 399).Select(i => TestSite.Line($"a{i:D3}")).Append(TestSite.Line("m", build: 17763))
            .Append(TestSite.Line("m", build: 22631)).Concat(Enumerable.Range(0, 399).Select(i => TestSite.Line($"z{i:D3}")));

        var answer = await host.ImportAsync(lines);

        Assert.Equal(22631, (int)(await host.GetJsonAsync("/api/devices/m"))["build"]!);
        Assert.Equal((800, 799, 1, 0, 0), Counts(answer));
    }

    [Fact]
    public async Task A_line_that_is_too_long_is_one_error_and_the_lines_around_it_are_kept()
    {
        await using var host = await AtpHost.StartAsync(stack);
        var longName = new string('x', 200_000);
        var lines = new[] { TestSite.Line("first"), $$"""{"deviceId":"long","name":"{{longName}}"}""", TestSite.Line("second"), "", "  \r", "nonsense", TestSite.Line("last") + "\r" };

        var answer = await host.ImportAsync(lines);

        Assert.Equal([(2, "inventory.line-too-long"), (6, "inventory.line-invalid")],
            answer["errors"]!.AsArray().Select(e => ((int)e!["line"]!, (string)e["code"]!)));
        Assert.Equal(["first", "last", "second"], (await host.FleetKeysAsync()).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("deviceId,name,build,productType,colour\na,A,19045,1,red\n", "header", "inventory.column-unknown")]
    [InlineData("deviceId,name,build\na,A,19045\n", "header", "inventory.column-missing")]
    public async Task A_csv_whose_header_is_wrong_is_refused_whole(string text, string field, string code)
    {
        await using var host = await AtpHost.StartAsync(stack);

        await (await host.SendImportAsync(text, "text/csv")).ProblemAsync(HttpStatusCode.BadRequest, code, field);

        Assert.Empty(await host.FleetKeysAsync());
    }

    [Theory]
    [InlineData("text/csv", "")]
    [InlineData("text/csv", CsvHeader)]
    [InlineData("application/x-ndjson", "")]
    [InlineData("application/x-ndjson", "\n\n")]
    public async Task An_empty_inventory_is_an_import_of_nothing(string mediaType, string text)
    {
        await using var host = await AtpHost.StartAsync(stack);

        Assert.Equal((0, 0, 0, 0, 0), Counts(await (await host.SendImportAsync(text, mediaType)).JsonAsync()));
    }

    [Theory]
    [InlineData("text/csv", "deviceId,name,build,productType,tags\nq,\"Quoted, with \"\"quotes\"\"\",19045,1,\"all; b ;\"\n")]
    [InlineData("application/x-ndjson", "{\"deviceId\":\"q\",\"name\":\"Quoted, with \\\"quotes\\\"\",\"build\":\"10.0.19045.1\",\"productType\":1,\"tags\":[\"b\",\"all\"]}")]
    public async Task Byte_order_marks_quotes_and_a_last_line_without_an_end_are_read(string mediaType, string text)
    {
        await using var host = await AtpHost.StartAsync(stack);

        Assert.Equal((1, 1, 0, 0, 0), Counts(await (await host.SendImportAsync("\uFEFF" + text, mediaType)).JsonAsync()));

        var device = await host.GetJsonAsync("/api/devices/q");
        Assert.Equal("Quoted, with \"quotes\"", (string)device["name"]!);
        Assert.Equal(["all", "b"], device["tags"]!.AsArray().Select(t => (string)t!));
        Assert.Equal(19045, (int)device["build"]!);
    }

    internal static (int Received, int Created, int Updated, int Unchanged, int Rejected) Counts(JsonObject answer) => (
        (int)answer["received"]!, (int)answer["created"]!, (int)answer["updated"]!, (int)answer["unchanged"]!, (int)answer["rejected"]!);

    private static async Task<HttpResponseMessage> SendAsync(AtpHost host, string text, string mediaType)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        content.Headers.TryAddWithoutValidation("Content-Type", mediaType);
        return await host.Admin.PostAsync("/api/devices/import", content);
    }
}
