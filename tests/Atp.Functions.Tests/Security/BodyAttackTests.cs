using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Atp.Core.Storage;
using Atp.Functions.Http;
using Atp.Functions.Tests.Devices;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Security;

/// <summary>Bodies that are to cost more than they are worth, sent to every operation that takes one.</summary>
public sealed class BodyAttackTests(TestStack stack) : IAsyncLifetime
{
    private AtpHost host = null!;
    private TestDevice device = null!;
    private JsonObject policy = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        await host.ImportAsync([TestSite.Line("pc-1")]);
        policy = await host.CreatePolicyAsync();
        device = await host.EnrollAsync("pc-1");
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Theory]
    [InlineData("declared to be too large", HttpStatusCode.RequestEntityTooLarge, "body.too-large")]
    [InlineData("too large, in chunks", HttpStatusCode.RequestEntityTooLarge, "body.too-large")]
    [InlineData("nested two thousand deep", HttpStatusCode.BadRequest, null)]
    [InlineData("nested in an unknown field", HttpStatusCode.BadRequest, null)]
    [InlineData("a field twice", HttpStatusCode.BadRequest, null)]
    [InlineData("compressed", HttpStatusCode.BadRequest, "body.json-invalid")]
    [InlineData("broken UTF-8", HttpStatusCode.BadRequest, null)]
    public async Task Every_operation_that_takes_json_refuses_a_body(string what, HttpStatusCode status, string? code)
    {
        var rows = await host.RowsAsync([.. TableNames.Own]);
        var api = await ApiDescription.GetAsync();
        var asked = 0;
        foreach (var (method, path, operation) in api.Operations.Where(o => o.Operation.RequestBody?.Content!.ContainsKey("application/json") is true))
        {
            var field = operation.RequestBody!.Content!["application/json"].Schema!.Properties?.Keys.FirstOrDefault() ?? "fuzz";
            // Hardly more than it may be: the connection of a body that is not read to its end may be gone before the answer is.
            var limit = operation.RequestBody.Content.ContainsKey("multipart/form-data") ? RequestBody.MaxWithFileBytes
                : path == "/agent/reports" ? 64 * 1024
                : RequestBody.MaxBytes;
            var bytes = what switch
            {
                "declared to be too large" => Encoding.ASCII.GetBytes($"{{\"{field}\":\"{new string('x', 2 * 1024 * 1024)}\"}}"),
                "too large, in chunks" => Encoding.ASCII.GetBytes($"{{\"{field}\":\"{new string('x', limit - field.Length - 6)}\"}}"),
                "nested two thousand deep" => Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat($"{{\"{field}\":", 2_000))),
                "nested in an unknown field" => Encoding.ASCII.GetBytes("{\"fuzz\":" + new string('[', 10_000) + new string(']', 10_000) + "}"),
                "a field twice" => Encoding.ASCII.GetBytes($"{{\"{field}\":null,\"{field}\":null}}"),
                "compressed" => Compressed(),
                _ => [.. Encoding.ASCII.GetBytes($"{{\"{field}\":\""), 0xc3, 0x28, .. "\"}"u8],
            };
            using var request = new HttpRequestMessage(method, "/api" + path.Replace("{deviceId}", "pc-1", StringComparison.Ordinal)
                .Replace("{policyId}", (string)policy["id"]!, StringComparison.Ordinal).Replace('{', 'x').Replace('}', 'x'))
            {
                Content = new ByteArrayContent(bytes),
            };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Headers.TryAddWithoutValidation("If-Match", "\"1\"");
            request.Headers.TransferEncodingChunked = what == "too large, in chunks";
            request.Headers.ExpectContinue = what == "declared to be too large"; // else the answer may be lost with the connection
            if (what == "compressed")
            {
                request.Content.Headers.ContentEncoding.Add("gzip");
            }

            using var client = operation.Security!.Any(s => s.Keys.Any(k => k.Reference.Id == "device")) ? device.Client() : host.Client(AtpHost.AllRoles);
            using var answer = await client.SendAsync(request, Stop);

            var text = await answer.Content.ReadAsStringAsync(Stop);
            Assert.True(answer.StatusCode == status, $"{method} {path}: {(int)answer.StatusCode} {text}");
            Assert.True(code is null || code == (string?)JsonNode.Parse(text)!["code"], $"{method} {path}: {text}");
            asked++;
        }

        Assert.True(asked > 10, $"Only {asked} operations take JSON.");
        Assert.Equal(rows, await host.RowsAsync([.. TableNames.Own]));
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PATCH")]
    public async Task A_form_of_ten_thousand_fields_is_refused(string method)
    {
        using var form = new MultipartFormDataContent();
        for (var i = 0; i < 10_000; i++)
        {
            form.Add(new StringContent("x"), $"f{i}");
        }

        using var request = new HttpRequestMessage(new HttpMethod(method),
            method == "POST" ? "/api/policies" : $"/api/policies/{policy["id"]}")
        { Content = form };
        request.Headers.TryAddWithoutValidation("If-Match", "\"1\"");

        await (await host.Admin.SendAsync(request, Stop)).ProblemAsync(HttpStatusCode.BadRequest, "body.form-invalid", "body");
    }

    [Theory]
    [InlineData("application/x-ndjson")]
    [InlineData("text/csv")]
    public async Task A_line_of_ten_megabytes_in_an_import_costs_no_more_than_others(string type)
    {
        var (head, good) = type == "text/csv" ? ("deviceId,name,build,productType\n", "long-1,L,19045,1\n") : ("", TestSite.Line("long-1") + "\n");
        using var answer = await host.SendImportAsync(head + good + new string('x', 10 * 1024 * 1024) + "\n" + good.Replace("long-1",
            "long-2", StringComparison.Ordinal), type);

        if (type == "text/csv")
        {
            await answer.ProblemAsync(HttpStatusCode.BadRequest, "inventory.csv-invalid", "body"); // where it goes on can't be told
            return;
        }

        var result = await answer.JsonAsync();
        Assert.Equal((3, 2, 1), ((int)result["received"]!, (int)result["created"]!, (int)result["rejected"]!));
        Assert.Equal("inventory.line-too-long", (string?)result["errors"]![0]!["code"]);
    }

    private static byte[] Compressed()
    {
        var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write("{}"u8);
        }

        return stream.ToArray();
    }
}
