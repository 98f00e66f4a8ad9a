using System.Security.Cryptography;
using System.Text;
using Atp.Core.Policies;

namespace Atp.Core.Tests.Policies;

public sealed class ConfigurationFileTests
{
    private const string Org = "0f0f0f0f-1111-2222-3333-444444444444";

    [Fact]
    public void An_onboarding_file_tells_its_organisation_and_version()
    {
        var content = SampleFiles.Authority.CreateOnboarding(SampleFiles.OrgId, version: "1.42").Content;

        var file = Read(content);

        Assert.Equal(PolicyKind.Onboarding, file.Kind);
        Assert.Equal((Org, "1.42", null), (file.Facts.OrgId, file.Facts.Version, file.Facts.ExpiresAt));
        Assert.Equal((content.Length, Convert.ToHexStringLower(SHA256.HashData(content))), (file.Facts.Length, file.Facts.Sha256));
        Assert.Empty(file.Warnings);
    }

    [Fact]
    public void An_offboarding_file_tells_its_own_expiry()
    {
        var expires = Facts.Now.AddDays(7);

        var file = Read(SampleFiles.Authority.CreateOffboarding(SampleFiles.OrgId, expires).Content);

        Assert.Equal(PolicyKind.Offboarding, file.Kind);
        Assert.Equal(expires, file.Facts.ExpiresAt);
    }

    [Fact]
    public void The_expiry_may_be_a_number_written_as_text() =>
        Assert.Equal(Facts.Now.AddDays(1), Read(SampleFiles.Signed(
            $$"""{"orgId":"{{Org}}","version":"1","expirationTimestamp":"{{Facts.Now.AddDays(1).ToFileTime()}}"}""")).Facts.ExpiresAt);

    [Fact]
    public void A_byte_order_mark_in_front_is_passed_over() =>
        Assert.Equal(PolicyKind.Onboarding, Read([.. "\uFEFF"u8, .. SampleFiles.Onboarding.Content]).Kind);

    [Fact]
    public void An_offboarding_file_past_its_date_is_refused_with_the_date()
    {
        var content = SampleFiles.Authority.CreateOffboarding(SampleFiles.OrgId, Facts.Now).Content;

        var error = SampleFiles.Refused("configuration-file.expired", () => Read(content));

        Assert.Contains("2026-03-04 05:06 UTC", error.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not JSON")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"body":5,"sig":"AA==","sha256sig":"AA==","cert":"AA==","chain":[]}""")]
    [InlineData("""{"body":"{}","sig":"AA==","sha256sig":"AA==","cert":"AA==","chain":"AA=="}""")]
    [InlineData("""{"body":"{}","sig":"AA==","sha256sig":"AA==","cert":"AA==","chain":[5]}""")]
    [InlineData("""{"body":"\ud800","sig":"AA==","sha256sig":"AA==","cert":"AA==","chain":[]}""")]
    [InlineData("""{"body":"{}","sig":"AA==","sha256sig":"AA==","cert":"AA==","chain":["\udc00"]}""")]
    [InlineData("""{"\ud800ody":"{}","body":"{}","sig":"AA==","sha256sig":"AA==","cert":"AA==","chain":[]}""")]
    public void What_is_not_the_JSON_of_a_configuration_file_is_refused(string text) =>
        SampleFiles.Refused("configuration-file.json-invalid", () => Read(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Nesting_without_end_is_refused_outside_and_in_the_body()
    {
        var deep = string.Concat(Enumerable.Repeat("""{"a":""", 100_000));

        SampleFiles.Refused("configuration-file.json-invalid", () => Read(Encoding.UTF8.GetBytes(deep)));
        SampleFiles.Refused("configuration-file.json-invalid", () => Read(SampleFiles.Signed(deep)));
    }

    [Fact]
    public void A_file_with_bytes_that_are_no_UTF_8_is_refused() => SampleFiles.Refused("configuration-file.json-invalid", () => Read(
        [.. "{\"body\":\""u8, 0xc3, 0x28, .. "\",\"sig\":\"AA==\",\"sha256sig\":\"AA==\",\"cert\":\"AA==\",\"chain\":[]}"u8]));

    [Fact]
    public void A_file_that_was_cut_off_anywhere_is_refused()
    {
        var content = SampleFiles.Onboarding.Content;
        for (var length = 0; length < content.Length; length += 97)
        {
            SampleFiles.Refused("configuration-file.json-invalid", () => Read(content[..length]));
        }
    }

    [Theory]
    [InlineData("body")]
    [InlineData("sig")]
    [InlineData("sha256sig")]
    [InlineData("cert")]
    [InlineData("chain")]
    public void Each_part_must_be_there(string part) => SampleFiles.Refused("configuration-file.json-invalid",
        () => Read(SampleFiles.Onboarding.Changed(outer => outer.Remove(part))));

    [Theory]
    [InlineData("not JSON", "configuration-file.json-invalid")]
    [InlineData("""{"orgId":"0f0f0f0f-1111-2222-3333-444444444444","version":"1"}""", "configuration-file.kind-unknown")]
    [InlineData("""{"geoLocationUrl":"x","expirationTimestamp":1,"orgId":"0f0f0f0f-1111-2222-3333-444444444444","version":"1"}""", "configuration-file.kind-unknown")]
    [InlineData("""{"geoLocationUrl":"x","version":"1"}""", "configuration-file.json-invalid")]
    [InlineData("""{"geoLocationUrl":"x","orgId":"Contoso","version":"1"}""", "configuration-file.json-invalid")]
    [InlineData("""{"geoLocationUrl":"x","orgId":"0f0f0f0f-1111-2222-3333-444444444444"}""", "configuration-file.json-invalid")]
    [InlineData("""{"expirationTimestamp":"soon","orgId":"0f0f0f0f-1111-2222-3333-444444444444","version":"1"}""", "configuration-file.json-invalid")]
    [InlineData("""{"expirationTimestamp":-1,"orgId":"0f0f0f0f-1111-2222-3333-444444444444","version":"1"}""", "configuration-file.json-invalid")]
    [InlineData("""{"expirationTimestamp":1,"orgId":"0f0f0f0f-1111-2222-3333-444444444444","version":"1"}""", "configuration-file.expired")]
    public void A_body_that_was_signed_and_makes_no_sense_is_refused(string body, string code) =>
        SampleFiles.Refused(code, () => Read(SampleFiles.Signed(body)));

    [Fact]
    public void A_bad_signature_becomes_a_warning_where_the_site_allows_it()
    {
        var changed = SampleFiles.Onboarding.Changed(outer => outer["body"] = ((string)outer["body"]!).Replace("EU", "US", StringComparison.Ordinal));

        var file = ConfigurationFile.Read("f", changed, SampleFiles.Verifier(required: false), Facts.Now);

        Assert.Contains("it was changed after it was made", Assert.Single(file.Warnings), StringComparison.Ordinal);
    }

    private static ConfigurationFile Read(byte[] content) =>
        ConfigurationFile.Read(SampleFiles.Onboarding.FileName, content, SampleFiles.Verifier(), Facts.Now);
}
