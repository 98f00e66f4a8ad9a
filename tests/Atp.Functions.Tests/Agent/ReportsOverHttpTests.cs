using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atp.Core.Agent;
using Atp.Core.Storage;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Agent;

/// <summary>Where a proxy lets a device reach one host name only, its reports go to the queue by way of the service.</summary>
public sealed class ReportsOverHttpTests(TestStack stack) : IAsyncLifetime
{
    private AtpHost host = null!;
    private string deploymentId = null!;
    private TestDevice device = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        host = await AtpHost.StartAsync(stack, new AtpHostOptions { Disabled = ["IngestReports"], Settings = { ["Atp:Site:ShardCount"] = "1" } });
        await host.ImportAsync([TestSite.Line("pc-1"), TestSite.Line("pc-2")]);
        var policy = await host.CreatePolicyAsync();
        deploymentId = await host.DeployAsync((string)policy["id"]!, await host.CreateCollectionAsync("All", new { tag = "all" }));
        await host.ActiveAsync(deploymentId);
        device = await host.EnrollAsync("pc-1");
        await device.CheckInAsync();
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task A_check_in_offers_both_ways_and_what_is_posted_counts_like_what_is_queued()
    {
        Assert.Equal("/api/agent/reports", (string?)(await device.CheckInAsync())["reports"]!["url"]);

        using var answer = await device.PostReportsAsync(Bytes(device.Healthy(deploymentId, 1)));

        Assert.Equal((HttpStatusCode.Accepted, ""), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Stop)));
        await host.DeliverAsync(Queues.DeviceReports);
        Assert.Equal("Success", (string?)(await host.GetJsonAsync("/api/devices/pc-1"))["targets"]![0]!["status"]);
    }

    [Theory]
    [InlineData("one")]
    [InlineData("a list")]
    [InlineData("indented")]
    [InlineData("with Windows line ends")]
    [InlineData("escaped")]
    [InlineData("not ASCII")]
    [InlineData("markup")]
    [InlineData("forged")]
    public async Task It_comes_to_the_queue_byte_for_byte_and_ingestion_decides(string what)
    {
        var report = device.Healthy(deploymentId, 1);
        var text = what switch
        {
            "a list" => Text(new[] { report, device.Healthy() }),
            "indented" => "\n  " + Text(report).Replace(",\"", " ,\n\t\"", StringComparison.Ordinal) + "\n ",
            "with Windows line ends" => Text(report).Replace(",\"", ",\r\n\"", StringComparison.Ordinal) + "\r",
            "escaped" => Text(report).Replace("pc-1", "\\u0070c-1", StringComparison.Ordinal),
            "not ASCII" => Text(report with { Body = "" }).Replace("\"\"", "\"Ünïcode 漢字 \U0001F510 \\ud83d\\udd10\"", StringComparison.Ordinal),
            "markup" => Text(report with { Body = "" }).Replace("\"\"", "\"<a href='x'>&amp; ]]>\"", StringComparison.Ordinal),
            "forged" => Text(report with { Signature = Convert.ToBase64String(new byte[32]) }),
            _ => Text(report),
        };

        using var answer = await device.PostReportsAsync(Encoding.UTF8.GetBytes(text));

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal(text, Assert.Single(await host.TakeAllAsync(Queues.DeviceReports)).Body.ToString());
    }

    [Theory]
    [InlineData("not JSON", "body", "body.json-invalid")]
    [InlineData("nothing", "body", "body.json-invalid")]
    [InlineData("null", "body", "report.missing")]
    [InlineData("a list with null", "body", "report.missing")]
    [InlineData("too deep", "[0]", "body.value-invalid")]
    [InlineData("an unknown field", "colour", "body.unknown-field")]
    [InlineData("an unknown field in a list", "[1].colour", "body.unknown-field")]
    [InlineData("no signature", "signature", "body.field-missing")]
    [InlineData("a signature that is none", "[1].signature", "report.malformed")]
    [InlineData("another version", "v", "report.malformed")]
    [InlineData("a device id that can't be", "deviceId", "report.malformed")]
    [InlineData("a character that no queue takes", "body", "report.malformed")]
    public async Task What_ingestion_could_not_read_is_refused_by_field(string what, string field, string code)
    {
        var good = device.Healthy(deploymentId, 1);
        string Edited(Action<JsonObject> edit)
        {
            var json = JsonNode.Parse(Text(good))!.AsObject();
            edit(json);
            return json.ToJsonString();
        }

        var text = what switch
        {
            "not JSON" => "<report/>",
            "nothing" => " ",
            "null" => "null",
            "a list with null" => $"[{Text(good)},null]",
            "too deep" => "[[[[[[[[1]]]]]]]]",
            "an unknown field" => Edited(json => json["colour"] = "red"),
            "an unknown field in a list" => $"[{Text(good)},{Edited(json => json["colour"] = "red")}]",
            "no signature" => Edited(json => json.Remove("signature")),
            "a signature that is none" => Text(new[] { good, good with { Signature = "AAAA" } }),
            "another version" => Text(good with { V = 2 }),
            "a device id that can't be" => Text(good with { DeviceId = "pc/1" }),
            _ => Text(good with { Body = "" }).Replace("\"\"", "\"\uffff\"", StringComparison.Ordinal),
        };

        using var answer = await device.PostReportsAsync(Encoding.UTF8.GetBytes(text));

        await answer.ProblemAsync(HttpStatusCode.BadRequest, code, field);
        Assert.Empty(await host.TakeAllAsync(Queues.DeviceReports));
    }

    [Fact]
    public async Task A_device_can_not_report_for_another_however_it_signs()
    {
        var other = await host.EnrollAsync("pc-2");
        foreach (var reports in new[] { new[] { other.Healthy() }, [device.Healthy(), other.Healthy()], [device.Healthy() with { DeviceId = "pc-2" }] })
        {
            using var answer = await device.PostReportsAsync(Bytes(reports));
            await answer.ProblemAsync(HttpStatusCode.Forbidden, "report.of-another-device");
        }

        Assert.Empty(await host.TakeAllAsync(Queues.DeviceReports));
        using var own = await device.PostReportsAsync(Bytes(device.Healthy() with { DeviceId = "PC-1" })); // ids have no case
        Assert.Equal(HttpStatusCode.Accepted, own.StatusCode);
    }

    [Fact]
    public async Task As_much_as_a_queue_message_holds_is_taken_and_more_is_refused()
    {
        var report = Text(device.Healthy());
        var full = $"[{string.Join(',', Enumerable.Repeat(report, (ReportMessage.MaxBytes - 1) / (report.Length + 1)))}]".PadRight(ReportMessage.MaxBytes);

        using var taken = await device.PostReportsAsync(Encoding.UTF8.GetBytes(full));
        using var refused = await device.PostReportsAsync(Encoding.UTF8.GetBytes(full + " "));

        Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
        await refused.ProblemAsync(HttpStatusCode.RequestEntityTooLarge, "body.too-large");
        Assert.Equal(full, Assert.Single(await host.TakeAllAsync(Queues.DeviceReports)).Body.ToString());
    }

    [Fact]
    public async Task It_takes_JSON_of_a_device_with_its_own_credential_only()
    {
        await (await device.PostReportsAsync(Bytes(device.Healthy()), "text/plain")).ProblemAsync(HttpStatusCode.UnsupportedMediaType, "body.content-type");
        var forger = new TestDevice(host, "pc-1", Convert.ToBase64String(new byte[32]), 1);
        await (await forger.PostReportsAsync(Bytes(device.Healthy()))).ProblemAsync(HttpStatusCode.Unauthorized, "device.token-invalid");
        using var content = new ByteArrayContent(Bytes(device.Healthy()));
        Assert.Equal(HttpStatusCode.Unauthorized, (await host.Admin.PostAsync("/api/agent/reports", content, Stop)).StatusCode);
        Assert.Empty(await host.TakeAllAsync(Queues.DeviceReports));
    }

    private static string Text(object reports) => JsonSerializer.Serialize(reports, DeviceReport.Json);

    private static byte[] Bytes(object reports) => Encoding.UTF8.GetBytes(Text(reports));
}
