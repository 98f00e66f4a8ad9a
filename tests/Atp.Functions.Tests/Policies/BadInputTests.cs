using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Atp.Functions.Tests.Http;
using Atp.Local.SamplePackages;

namespace Atp.Functions.Tests.Policies;

/// <summary>Bad input gets a problem answer with a stable code and the field that was wrong, and nothing is stored.</summary>
public sealed class BadInputTests(TestStack stack, PolicySite site) : IClassFixture<PolicySite>
{
    private static readonly DateTimeOffset Past = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static TheoryData<string, HttpStatusCode, string, string?> Uploads { get; } = new()
    {
        { "not a zip", HttpStatusCode.BadRequest, "configuration-file.not-a-zip", "configurationFile" },
        { "a zip bomb", HttpStatusCode.BadRequest, "configuration-file.zip-too-large", "configurationFile" },
        { "a zip with two candidates", HttpStatusCode.BadRequest, "configuration-file.zip-two-candidates", "configurationFile" },
        { "a script package", HttpStatusCode.BadRequest, "configuration-file.script-package", "configurationFile" },
        { "truncated JSON", HttpStatusCode.BadRequest, "configuration-file.json-invalid", "configurationFile" },
        { "a changed body", HttpStatusCode.BadRequest, "configuration-file.signature-invalid", "configurationFile" },
        { "an untrusted certificate", HttpStatusCode.BadRequest, "configuration-file.certificate-untrusted", "configurationFile" },
        { "an onboarding file in an offboarding policy", HttpStatusCode.BadRequest, "configuration-file.kind-mismatch", "configurationFile" },
        { "an expired offboarding file", HttpStatusCode.BadRequest, "configuration-file.expired", "configurationFile" },
        { "a file over 1 MiB", HttpStatusCode.RequestEntityTooLarge, "configuration-file.too-large", "configurationFile" },
        { "a body far over 1 MiB", HttpStatusCode.RequestEntityTooLarge, "body.too-large", null },
        { "no file", HttpStatusCode.BadRequest, "configuration-file.missing", "configurationFile" },
        { "ID without key", HttpStatusCode.BadRequest, "workspace.key-missing", "workspaceKey" },
        { "key without ID", HttpStatusCode.BadRequest, "workspace.id-missing", "workspaceId" },
        { "ID and key swapped", HttpStatusCode.BadRequest, "workspace.swapped", "workspaceKey" },
        { "an empty name", HttpStatusCode.BadRequest, "name.empty", "name" },
        { "a name that is too long", HttpStatusCode.BadRequest, "name.too-long", "name" },
        { "no kind", HttpStatusCode.BadRequest, "policy.kind-missing", "kind" },
        { "an unknown kind", HttpStatusCode.BadRequest, "body.value-invalid", "kind" },
        { "an unknown field", HttpStatusCode.BadRequest, "body.unknown-field", "colour" },
    };

    [Theory]
    [MemberData(nameof(Uploads))]
    public async Task A_policy_that_can_not_be_is_refused_and_nothing_is_stored(string what, HttpStatusCode status, string code, string? field)
    {
        var before = await site.ContentAsync();
        using var form = Form(what);

        using var answer = await site.Host.Admin.PostAsync("/api/policies", form, Stop);

        var problem = await answer.ProblemAsync(status, code, field);
        Assert.DoesNotContain(TestSite.WorkspaceKey, problem.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(before, await site.ContentAsync());
    }

    [Theory]
    [InlineData("a changed body", "configuration-file.signature-invalid")]
    [InlineData("an expired offboarding file", "configuration-file.expired")]
    [InlineData("an onboarding file in an offboarding policy", "configuration-file.kind-mismatch")]
    public async Task The_same_in_JSON_and_in_an_edit(string what, string code)
    {
        var offboarding = what.Contains("offboarding", StringComparison.Ordinal);
        var policy = offboarding
            ? await site.Host.CreateOffboardingPolicyAsync(site.Host.Clock.GetUtcNow().AddDays(20))
            : await site.Host.CreatePolicyAsync();
        var before = await site.ContentAsync();
        var file = FileOf(what);
        var configurationFile = new { name = file.FileName, content = file.Content };

        using var created = await site.Host.Admin.PostAsJsonAsync("/api/policies",
            new { name = "N", kind = offboarding ? "Offboarding" : "Onboarding", configurationFile }, Stop);
        using var edit = new HttpRequestMessage(HttpMethod.Patch, $"/api/policies/{policy["id"]}") { Content = JsonContent.Create(new { configurationFile }) };
        edit.Headers.IfMatch.Add(new EntityTagHeaderValue("\"1\""));
        using var edited = await site.Host.Admin.SendAsync(edit, Stop);

        await created.ProblemAsync(HttpStatusCode.BadRequest, code, "configurationFile");
        await edited.ProblemAsync(HttpStatusCode.BadRequest, code, "configurationFile");
        Assert.Equal(before, await site.ContentAsync());
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/zip")]
    [InlineData("application/x-www-form-urlencoded+nonsense")]
    public async Task A_wrong_content_type_is_refused(string contentType)
    {
        var before = await site.ContentAsync();
        using var content = new ByteArrayContent(SampleFile().Content);
        content.Headers.ContentType = new MediaTypeHeaderValue(contentType);

        using var answer = await site.Host.Admin.PostAsync("/api/policies", content, Stop);

        await answer.ProblemAsync(HttpStatusCode.UnsupportedMediaType, "body.content-type");
        Assert.Equal(before, await site.ContentAsync());
    }

    [Theory]
    [InlineData(null, HttpStatusCode.PreconditionRequired, null)]
    [InlineData("\"7\"", HttpStatusCode.PreconditionFailed, "policy.changed")]
    public async Task A_change_with_a_stale_ETag_or_none_is_refused(string? etag, HttpStatusCode status, string? code)
    {
        var policy = await site.Host.CreatePolicyAsync();
        var before = await site.ContentAsync();
        foreach (var method in new[] { HttpMethod.Patch, HttpMethod.Delete })
        {
            using var request = new HttpRequestMessage(method, $"/api/policies/{policy["id"]}");
            request.Content = method == HttpMethod.Patch ? JsonContent.Create(new { description = "new" }) : null;
            if (etag is not null)
            {
                request.Headers.IfMatch.Add(new EntityTagHeaderValue(etag));
            }

            using var answer = await site.Host.Admin.SendAsync(request, Stop);

            Assert.Equal(status, answer.StatusCode);
            Assert.True(code is null || code == (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Stop))!["code"]);
        }

        Assert.Equal(before, await site.ContentAsync());
    }

    [Fact]
    public async Task A_repeated_request_id_with_another_body_is_refused_and_with_the_same_gets_the_first_answer()
    {
        var id = Guid.NewGuid().ToString();
        var file = SampleFile().ToZip();
        var first = await PostAsync(id, TestSite.PolicyForm(file, "First"));
        var created = await first.JsonAsync(HttpStatusCode.Created);
        var before = await site.ContentAsync();

        using var repeated = await PostAsync(id, TestSite.PolicyForm(file, "First"));
        using var other = await PostAsync(id, TestSite.PolicyForm(file, "Other"));
        using var otherKey = await PostAsync(id, TestSite.PolicyForm(file, "First", workspaceKey: PolicySite.NewKey()));

        Assert.Equal(created.ToJsonString(), (await repeated.JsonAsync(HttpStatusCode.Created)).ToJsonString());
        await other.ProblemAsync(HttpStatusCode.UnprocessableEntity, "request.repeated-with-other-body");
        await otherKey.ProblemAsync(HttpStatusCode.UnprocessableEntity, "request.repeated-with-other-body");
        Assert.Equal(before, await site.ContentAsync());
    }

    private async Task<HttpResponseMessage> PostAsync(string repeatabilityId, HttpContent content)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/policies") { Content = content };
        request.Headers.Add("Repeatability-Request-ID", repeatabilityId);
        return await site.Host.Admin.SendAsync(request, Stop);
    }

    private MultipartFormDataContent Form(string what)
    {
        if (what == "no file")
        {
            return new MultipartFormDataContent { { new StringContent("N"), "name" }, { new StringContent("Onboarding"), "kind" } };
        }

        var kind = what switch
        {
            "an unknown kind" => "Sideboarding",
            _ when what.Contains("offboarding", StringComparison.Ordinal) => "Offboarding",
            _ => "Onboarding",
        };
        var name = what switch
        {
            "an empty name" => " ",
            "a name that is too long" => new string('n', 257),
            _ => "N",
        };
        if (what == "no kind")
        {
            var content = new ByteArrayContent(SampleFile().Content);
            return new MultipartFormDataContent { { new StringContent(name), "name" }, { content, "configurationFile", "f.onboarding" } };
        }

        var (workspaceId, workspaceKey) = what switch
        {
            "ID without key" => (TestSite.WorkspaceId, null),
            "key without ID" => (null, TestSite.WorkspaceKey),
            "ID and key swapped" => (TestSite.WorkspaceKey, TestSite.WorkspaceId),
            _ => ((string?)TestSite.WorkspaceId, (string?)TestSite.WorkspaceKey),
        };
        var form = TestSite.PolicyForm(FileOf(what), name, kind, workspaceId: null);
        if (workspaceId is not null)
        {
            form.Add(new StringContent(workspaceId), "workspaceId");
        }

        if (workspaceKey is not null)
        {
            form.Add(new StringContent(workspaceKey), "workspaceKey");
        }

        if (what == "an unknown field")
        {
            form.Add(new StringContent("red"), "colour");
        }

        return form;
    }

    private SampleFile SampleFile() => stack.Authority.CreateOnboarding(TestSite.OrgId);

    private SampleFile FileOf(string what)
    {
        var good = SampleFile();
        switch (what)
        {
            case "not a zip":
                return good with { FileName = "package.zip" };
            case "a zip bomb":
                return Zip((good.FileName, new byte[64 * 1024 * 1024]));
            case "a zip with two candidates":
                return Zip((good.FileName, good.Content), ("another.offboarding", good.Content));
            case "a script package":
                return Zip(("WindowsDefenderATPLocalOnboardingScript.cmd", Encoding.UTF8.GetBytes("@echo off")));
            case "truncated JSON":
                return good with { Content = good.Content[..^200] };
            case "a changed body":
                return good with { Content = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(good.Content).Replace("SampleDatacenter", "OtherDatacenter", StringComparison.Ordinal)) };
            case "an untrusted certificate":
                using (var stranger = SampleAuthority.Create())
                {
                    return stranger.CreateOnboarding(TestSite.OrgId);
                }

            case "an expired offboarding file":
                return stack.Authority.CreateOffboarding(TestSite.OrgId, Past).ToZip();
            case "a file over 1 MiB":
                return good with { Content = new byte[(1024 * 1024) + 1] };
            case "a body far over 1 MiB":
                return good with { Content = new byte[3 * 1024 * 1024] };
            default:
                return good.ToZip();
        }
    }

    private static SampleFile Zip(params (string Name, byte[] Content)[] entries)
    {
        using var buffer = new MemoryStream();
        using (var archive = new ZipArchive(buffer, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                using var stream = archive.CreateEntry(name, CompressionLevel.SmallestSize).Open();
                stream.Write(content);
            }
        }

        return new SampleFile("package.zip", buffer.ToArray());
    }
}
