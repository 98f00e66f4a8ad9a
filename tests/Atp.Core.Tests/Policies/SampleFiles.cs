using System.Text;
using System.Text.Json.Nodes;
using Atp.Core.Errors;
using Atp.Core.Policies;
using Atp.Local.SamplePackages;
using Microsoft.Extensions.Options;

namespace Atp.Core.Tests.Policies;

/// <summary>Files signed by an authority that the verifier under test trusts.</summary>
internal static class SampleFiles
{
    public static readonly Guid OrgId = Guid.Parse("0f0f0f0f-1111-2222-3333-444444444444");
    public static readonly SampleAuthority Authority = SampleAuthority.Create();

    public static SampleFile Onboarding { get; } = Authority.CreateOnboarding(OrgId);

    public static SignatureVerifier Verifier(bool required = true, string? root = null, string? subject = null)
    {
        var options = new ConfigurationFileOptions { RequireValidSignature = required };
        options.AdditionalRoots.Add(root ?? Authority.RootCertificate);
        options.CertificateSubject = subject ?? options.CertificateSubject;
        return new SignatureVerifier(Options.Create(options));
    }

    /// <summary>The outer JSON with something changed.</summary>
    public static byte[] Changed(this SampleFile file, Action<JsonObject> change)
    {
        var outer = JsonNode.Parse(file.Content)!.AsObject();
        change(outer);
        return Encoding.UTF8.GetBytes(outer.ToJsonString());
    }

    /// <summary>A file with this body, signed as it should be.</summary>
    public static byte[] Signed(string body) => Encoding.UTF8.GetBytes(Authority.Sign(body));

    /// <summary>Runs what must be refused, and checks code and field.</summary>
    public static DomainError Refused(string code, Action action)
    {
        var error = Assert.Throws<DomainException>(action).Error;
        Assert.Equal(code, error.Code);
        Assert.True(error.Fields.ContainsKey(PackageReader.Field));
        Assert.False(string.IsNullOrWhiteSpace(error.Detail));
        return error;
    }
}
