using System.Text;
using System.Text.Json.Nodes;
using Atp.Core.Policies;
using Atp.Local.SamplePackages;

namespace Atp.Core.Tests.Policies;

public sealed class SignatureVerifierTests
{
    private const string Untrusted = "configuration-file.certificate-untrusted";
    private const string Changed = "configuration-file.signature-invalid";

    [Fact]
    public void A_file_of_a_trusted_authority_passes() => Assert.Empty(Verify(SampleFiles.Onboarding.Content));

    [Fact]
    public void Certificates_that_have_run_out_do_not_matter_since_a_file_outlives_them()
    {
        using var authority = SampleAuthority.Create(new SampleAuthorityOptions
        {
            SigningFrom = new DateTimeOffset(2019, 1, 1, 0, 0, 0, TimeSpan.Zero),
            SigningUntil = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero),
        });

        Assert.Empty(Verify(authority.CreateOnboarding(SampleFiles.OrgId).Content, SampleFiles.Verifier(root: authority.RootCertificate)));
    }

    [Fact]
    public void A_changed_body_is_refused() => Refused(Changed, outer => outer["body"] = outer["body"] + " ");

    [Fact]
    public void A_signature_in_the_usual_byte_order_is_refused_since_genuine_ones_are_reversed() => Refused(Changed, outer =>
        outer["sha256sig"] = Convert.ToBase64String([.. Convert.FromBase64String((string)outer["sha256sig"]!).Reverse()]));

    [Theory]
    [InlineData("AA==", Changed)]
    [InlineData("not base64", "configuration-file.json-invalid")]
    public void A_signature_that_is_none_is_refused(string signature, string code) => Refused(code, outer => outer["sha256sig"] = signature);

    [Theory]
    [InlineData("AA==", Untrusted)]
    [InlineData("not base64", "configuration-file.json-invalid")]
    public void A_certificate_that_is_none_is_refused(string certificate, string code)
    {
        Refused(code, outer => outer["cert"] = certificate);
        Refused(code, outer => outer["chain"] = new JsonArray(certificate));
    }

    [Fact]
    public void A_root_that_the_site_does_not_trust_is_refused_even_though_the_file_brings_it_along()
    {
        using var stranger = SampleAuthority.Create();

        SampleFiles.Refused(Untrusted, () => Verify(stranger.CreateOnboarding(SampleFiles.OrgId).Content));
    }

    [Fact]
    public void A_chain_without_its_intermediate_is_refused_and_nothing_is_downloaded() =>
        Refused(Untrusted, outer => outer["chain"] = new JsonArray((string)outer["chain"]![1]!));

    [Fact]
    public void The_certificate_of_another_signer_under_the_same_root_is_refused()
    {
        using var other = SampleAuthority.Create(new SampleAuthorityOptions { SigningSubject = "CN=Someone else" });

        var error = SampleFiles.Refused(Untrusted,
            () => Verify(other.CreateOnboarding(SampleFiles.OrgId).Content, SampleFiles.Verifier(root: other.RootCertificate)));

        Assert.Contains("'CN=Someone else', not by 'CN=Seville.Windows.com'", error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void The_signers_name_is_a_setting()
    {
        using var other = SampleAuthority.Create(new SampleAuthorityOptions { SigningSubject = "CN=Someone else" });

        Assert.Empty(Verify(other.CreateOnboarding(SampleFiles.OrgId).Content,
            SampleFiles.Verifier(root: other.RootCertificate, subject: "CN=Someone else")));
    }

    [Fact]
    public void A_key_of_1024_bits_is_refused()
    {
        using var weak = SampleAuthority.Create(new SampleAuthorityOptions { SigningKeyBits = 1024 });

        SampleFiles.Refused(Untrusted,
            () => Verify(weak.CreateOnboarding(SampleFiles.OrgId).Content, SampleFiles.Verifier(root: weak.RootCertificate)));
    }

    [Fact]
    public void The_signature_covers_the_text_of_the_body_and_not_its_escapes()
    {
        // The same text, with every quotation mark of the body written as an escape.
        var text = Encoding.UTF8.GetString(SampleFiles.Onboarding.Content).Replace("\\\"", "\\u0022", StringComparison.Ordinal);

        Assert.Empty(Verify(Encoding.UTF8.GetBytes(text)));
    }

    private static void Refused(string code, Action<JsonObject> change) =>
        SampleFiles.Refused(code, () => Verify(SampleFiles.Onboarding.Changed(change)));

    private static IReadOnlyList<string> Verify(byte[] content, SignatureVerifier? verifier = null)
    {
        var outer = JsonNode.Parse(content)!;
        return (verifier ?? SampleFiles.Verifier()).Verify((string)outer["body"]!, (string)outer["sha256sig"]!, (string)outer["cert"]!,
            [.. outer["chain"]!.AsArray().Select(c => (string)c!)]);
    }
}
