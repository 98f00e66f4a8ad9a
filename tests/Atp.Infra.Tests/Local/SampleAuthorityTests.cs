using System.IO.Compression;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Atp.Local;
using Atp.Local.SamplePackages;

namespace Atp.Infra.Tests.Local;

public sealed class SampleAuthorityTests(SampleAuthorityTests.Fixture fixture) : IClassFixture<SampleAuthorityTests.Fixture>
{
    public sealed class Fixture : IDisposable
    {
        public SampleAuthority Authority { get; } = SampleAuthority.Create();

        public void Dispose() => Authority.Dispose();
    }

    private static readonly Guid OrgId = Guid.Parse("11111111-2222-3333-4444-555555555555");
    private readonly SampleAuthority authority = fixture.Authority;

    [Fact]
    public void An_onboarding_file_has_the_shape_of_a_genuine_one()
    {
        var file = authority.CreateOnboarding(OrgId);

        Assert.Equal("WindowsDefenderATP.onboarding", file.FileName);
        var outer = Outer(file);
        Assert.Equal(["body", "sig", "sha256sig", "cert", "chain"], outer.EnumerateObject().Select(p => p.Name));
        var body = Body(file);
        Assert.Equal(OrgId, body.GetProperty("orgId").GetGuid());
        Assert.Equal(0, body.GetProperty("previousOrgIds").GetArrayLength());
        Assert.Equal("1.9", body.GetProperty("version").GetString());
        Assert.StartsWith("https://", body.GetProperty("geoLocationUrl").GetString(), StringComparison.Ordinal);
        Assert.False(body.TryGetProperty("expirationTimestamp", out _));
    }

    [Fact]
    public void An_offboarding_file_says_until_when_it_is_valid_in_its_name_and_as_FILETIME()
    {
        var until = new DateTimeOffset(2031, 3, 4, 23, 30, 0, TimeSpan.Zero);

        var file = authority.CreateOffboarding(OrgId, until.ToOffset(TimeSpan.FromHours(5)));

        Assert.Equal("WindowsDefenderATP_valid_until_2031-03-04.offboarding", file.FileName);
        var body = Body(file);
        Assert.Equal(until, DateTimeOffset.FromFileTime(body.GetProperty("expirationTimestamp").GetInt64()));
        Assert.Equal(OrgId, body.GetProperty("orgIds")[0].GetGuid());
        Assert.False(body.TryGetProperty("geoLocationUrl", out _));
    }

    [Fact]
    public void The_signature_covers_the_body_with_its_bytes_in_reverse_order()
    {
        var outer = Outer(authority.CreateOnboarding(OrgId));
        using var signing = X509CertificateLoader.LoadCertificate(outer.GetProperty("cert").GetBytesFromBase64());
        using var key = signing.GetRSAPublicKey()!;
        var body = Encoding.UTF8.GetBytes(outer.GetProperty("body").GetString()!);
        var signature = outer.GetProperty("sha256sig").GetBytesFromBase64();

        Assert.Equal("CN=Seville.Windows.com", signing.Subject);
        Assert.Equal(2048, key.KeySize);
        Assert.False(Verify(signature));
        Array.Reverse(signature);
        Assert.True(Verify(signature));
        body[10] ^= 1;
        Assert.False(Verify(signature));

        bool Verify(byte[] bytes) => key.VerifyData(body, bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }

    [Fact]
    public void The_certificate_chains_to_the_authoritys_root_and_to_no_other()
    {
        var outer = Outer(authority.CreateOnboarding(OrgId));
        using var stranger = SampleAuthority.Create();

        Assert.True(ChainsTo(outer, authority.RootCertificate));
        Assert.False(ChainsTo(outer, stranger.RootCertificate));
        Assert.Equal(authority.RootCertificate, outer.GetProperty("chain")[1].GetString());
    }

    [Fact]
    public void Subject_key_size_and_validity_of_the_signing_certificate_can_be_chosen()
    {
        using var odd = SampleAuthority.Create(new SampleAuthorityOptions
        {
            SigningSubject = "CN=Someone.else.example",
            SigningKeyBits = 1024,
            SigningFrom = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero),
        });

        using var signing = X509CertificateLoader.LoadCertificate(Outer(odd.CreateOnboarding(OrgId)).GetProperty("cert").GetBytesFromBase64());

        Assert.Equal("CN=Someone.else.example", signing.Subject);
        Assert.Equal(1024, signing.GetRSAPublicKey()!.KeySize);
        Assert.Equal(new DateTime(2021, 1, 1, 0, 0, 0, DateTimeKind.Utc), signing.NotAfter.ToUniversalTime());
    }

    [Fact]
    public void A_kept_authority_has_the_same_root_and_signs_on()
    {
        using var folder = new TemporaryFolder();
        using var first = SampleAuthority.OpenOrCreate(folder.Path);
        using var second = SampleAuthority.OpenOrCreate(folder.Path);

        Assert.Equal(first.RootCertificate, second.RootCertificate);
        Assert.Equal(first.Sign("{}"), second.Sign("{}"));
        Assert.True(ChainsTo(Outer(second.CreateOnboarding(OrgId)), first.RootCertificate));
    }

    [Fact]
    public void A_damaged_kept_authority_is_reported_with_its_path()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "sample-authority.pfx");
        File.WriteAllText(path, "no certificate");

        var error = Assert.Throws<LocalStackException>(() => SampleAuthority.OpenOrCreate(folder.Path));

        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_zip_holds_the_file_under_its_name()
    {
        var onboarding = authority.CreateOnboarding(OrgId);
        var zip = onboarding.ToZip();
        var offboarding = authority.CreateOffboarding(OrgId, new DateTimeOffset(2031, 3, 4, 0, 0, 0, TimeSpan.Zero));

        Assert.Equal("WindowsDefenderATPOnboardingPackage.zip", zip.FileName);
        Assert.Equal("WindowsDefenderATPOffboardingPackage_valid_until_2031-03-04.zip", offboarding.ToZip().FileName);
        using var archive = new ZipArchive(new MemoryStream(zip.Content));
        var entry = Assert.Single(archive.Entries);
        Assert.Equal(onboarding.FileName, entry.FullName);
        using var content = new MemoryStream();
        await using var stream = await entry.OpenAsync(TestContext.Current.CancellationToken);
        await stream.CopyToAsync(content, TestContext.Current.CancellationToken);
        Assert.Equal(onboarding.Content, content.ToArray());
    }

    private static JsonElement Outer(SampleFile file) => JsonElement.Parse(file.Content);

    private static JsonElement Body(SampleFile file) => JsonElement.Parse(Outer(file).GetProperty("body").GetString()!);

    private static bool ChainsTo(JsonElement outer, string root)
    {
        using var signing = X509CertificateLoader.LoadCertificate(outer.GetProperty("cert").GetBytesFromBase64());
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificate(Convert.FromBase64String(root)));
        chain.ChainPolicy.ExtraStore.Add(X509CertificateLoader.LoadCertificate(outer.GetProperty("chain")[0].GetBytesFromBase64()));
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(signing);
    }
}
