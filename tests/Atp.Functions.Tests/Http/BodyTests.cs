using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Atp.Functions.Tests.Http;

public sealed class BodyTests(TestStack stack) : IAsyncLifetime
{
    private const string Good = """{"name":"n","colour":"Green"}""";
    private AtpHost host = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        host = await AtpHost.StartAsync(stack, new AtpHostOptions { Functions = [typeof(TestFunctions)] });

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task A_good_body_is_read_and_answered_in_camel_case_without_empty_fields()
    {
        using var answer = await PostAsync(Good);

        var body = await answer.JsonAsync();
        Assert.Equal("Green", (string?)body["colour"]);
        Assert.False(body.ContainsKey("size"));
        Assert.Equal("Test Admin", (string?)body["caller"]!["displayName"]);
        Assert.Matches("^[0-9a-f]{64}$", (string?)body["bodySha256"]);
    }

    [Theory]
    [InlineData("", "body.json-invalid", "body")]
    [InlineData("null", "body.json-invalid", "body")]
    [InlineData("[]", "body.value-invalid", "body")]
    [InlineData("""{"name":"planted""", "body.json-invalid", "body")]
    [InlineData("""{"name":"n","colour":"Green"} planted""", "body.json-invalid", "body")]
    [InlineData("""{"name":"n","colour":"Green",}""", "body.json-invalid", "body")]
    [InlineData("""{"name":"n","colour":"Green","nope":"planted"}""", "body.unknown-field", "nope")]
    [InlineData("""{"name":"n","colour":"Green","no pe":1}""", "body.unknown-field", "['no pe']")]
    [InlineData("""{"Name":"n","colour":"Green"}""", "body.unknown-field", "Name")]
    [InlineData("""{"colour":"Green"}""", "body.field-missing", "name")]
    [InlineData("""{}""", "body.field-missing", "colour")]
    [InlineData("""{"name":null,"colour":"Green"}""", "body.value-invalid", "name")]
    [InlineData("""{"name":5,"colour":"Green"}""", "body.value-invalid", "name")]
    [InlineData("""{"name":"n","name":"m","colour":"Green"}""", "body.field-repeated", "name")]
    [InlineData("""{"name":"n","colour":"planted"}""", "body.value-invalid", "colour")]
    [InlineData("""{"name":"n","colour":"Red, Green"}""", "body.value-invalid", "colour")]
    [InlineData("""{"name":"n","colour":1}""", "body.value-invalid", "colour")]
    [InlineData("""{"name":"n","colour":"Green","size":"3"}""", "body.value-invalid", "size")]
    [InlineData("""{"name":"n","colour":"Green","size":99999999999}""", "body.value-invalid", "size")]
    [InlineData("""{"name":"n","colour":"Green","part":{"name":"p"}}""", "body.field-missing", "part.content")]
    [InlineData("""{"name":"n","colour":"Green","part":{"name":"p","content":"planted?"}}""", "body.value-invalid", "part.content")]
    [InlineData("""{"name":"n","colour":"Green","part":{"name":"p","content":"AA==","more":1}}""", "body.unknown-field", "part.more")]
    public async Task A_bad_body_is_refused_by_field_and_never_quoted(string body, string code, string field)
    {
        using var answer = await PostAsync(body);

        var problem = await answer.ProblemAsync(HttpStatusCode.BadRequest, code, field);
        Assert.DoesNotContain("planted", problem.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Atp.", problem.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task Another_content_type_is_refused(string? contentType)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(Good));
        content.Headers.ContentType = contentType is null ? null : new MediaTypeHeaderValue(contentType);

        using var answer = await host.Admin.PostAsync("/api/test/things", content, Stop);

        await answer.ProblemAsync(HttpStatusCode.UnsupportedMediaType, "body.content-type");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_that_is_too_large_is_refused_whether_it_says_its_length_or_not(bool chunked)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"name":"{{new string('n', TestFunctions.SmallBody)}}","colour":"Green"}""");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/test/things") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TransferEncodingChunked = chunked;

        using var answer = await host.Admin.SendAsync(request, Stop);

        var problem = await answer.ProblemAsync(HttpStatusCode.RequestEntityTooLarge, "body.too-large");
        Assert.Contains("2,048", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repeatability_id_is_a_uuid_in_one_spelling()
    {
        using var bad = Request(Good, "not-a-uuid");
        await (await host.Admin.SendAsync(bad, Stop)).ProblemAsync(
            HttpStatusCode.BadRequest, "request.repeatability-id-invalid", "Repeatability-Request-ID");

        using var upper = Request(Good, "0193B2C4-0000-7000-8000-00000000ABCD");
        var answer = await (await host.Admin.SendAsync(upper, Stop)).JsonAsync();
        Assert.Equal("0193b2c4-0000-7000-8000-00000000abcd", (string?)answer["repeatabilityId"]);
    }

    [Fact]
    public async Task The_same_form_with_another_boundary_asks_for_the_same()
    {
        var first = await FormAsync(("name", "n"), ("colour", "Green"));
        var again = await FormAsync(("colour", "Green"), ("name", "n"));
        var other = await FormAsync(("name", "m"), ("colour", "Green"));

        Assert.Equal((string?)first["bodySha256"], (string?)again["bodySha256"]);
        Assert.NotEqual((string?)first["bodySha256"], (string?)other["bodySha256"]);
        Assert.Equal(3, (int?)first["files"]!["file"]);
    }

    [Fact]
    public async Task A_form_is_refused_for_unknown_and_repeated_fields_and_files()
    {
        await RefusedAsync("body.unknown-field", "nope", form => form.Add(new StringContent("planted"), "nope"));
        await RefusedAsync("body.unknown-field", "other", form => form.Add(new ByteArrayContent([1]), "other", "planted.txt"));
        await RefusedAsync("body.field-repeated", "name", form => form.Add(new StringContent("planted"), "name"));
        await RefusedAsync("body.field-repeated", "file", form => form.Add(new ByteArrayContent([1]), "file", "planted.txt"));
    }

    [Theory]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/form-data; boundary=b")]
    public async Task A_form_that_is_cut_off_or_has_no_boundary_is_refused(string contentType)
    {
        using var content = new ByteArrayContent("--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nplan"u8.ToArray());
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);

        using var answer = await host.Admin.PostAsync("/api/test/forms", content, Stop);

        await answer.ProblemAsync(HttpStatusCode.BadRequest, "body.form-invalid", "body");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_form_that_is_too_large_is_refused_whether_it_says_its_length_or_not(bool chunked)
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(new byte[2 * 1024 * 1024]), "file", "f" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/test/forms") { Content = form };
        request.Headers.TransferEncodingChunked = chunked;

        using var answer = await host.Admin.SendAsync(request, Stop);

        await answer.ProblemAsync(HttpStatusCode.RequestEntityTooLarge, "body.too-large");
    }

    private static HttpRequestMessage Request(string body, string repeatabilityId) => new(HttpMethod.Post, "/api/test/things")
    {
        Content = new StringContent(body, Encoding.UTF8, "application/json"),
        Headers = { { "Repeatability-Request-ID", repeatabilityId } },
    };

    private async Task<HttpResponseMessage> PostAsync(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await host.Admin.PostAsync("/api/test/things", content, Stop);
    }

    private async Task<JsonObject> FormAsync(params (string Name, string Value)[] fields)
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent([1, 2, 3]), "file", "f.zip" } };
        foreach (var (name, value) in fields)
        {
            form.Add(new StringContent(value), name);
        }

        return await (await host.Admin.PostAsync("/api/test/forms", form, Stop)).JsonAsync();
    }

    private async Task RefusedAsync(string code, string field, Action<MultipartFormDataContent> add)
    {
        using var form = new MultipartFormDataContent
        {
            { new StringContent("n"), "name" },
            { new ByteArrayContent([1, 2, 3]), "file", "f.zip" },
        };
        add(form);

        using var answer = await host.Admin.PostAsync("/api/test/forms", form, Stop);

        var problem = await answer.ProblemAsync(HttpStatusCode.BadRequest, code, field);
        Assert.DoesNotContain("planted", problem.ToJsonString(), StringComparison.Ordinal);
    }
}
