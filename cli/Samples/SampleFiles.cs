using Atp.Local.SamplePackages;

namespace Atp.Cli.Samples;

/// <summary>Configuration files signed by the local stack's own authority, which is kept in its folder.</summary>
internal sealed class SampleFiles : IDisposable
{
    /// <summary>The setting that makes a service accept the files.</summary>
    public const string RootSetting = "Atp:ConfigurationFile:AdditionalRoots:0";

    private static readonly Guid OrganisationId = new("5a1e0000-0000-4000-8000-000000000001");
    private readonly SampleAuthority authority;
    private readonly string? removeAtEnd;

    private SampleFiles(SampleAuthority authority, string? removeAtEnd) => (this.authority, this.removeAtEnd) = (authority, removeAtEnd);

    /// <summary>The root, base64 of its DER.</summary>
    public string Root => authority.RootCertificate;

    /// <param name="folder">Where the authority is kept, or is going to be.</param>
    /// <param name="keep">False removes it at the end, unless it was there before.</param>
    public static SampleFiles Open(string folder, bool keep)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "sample-authority.pfx"); // as SampleAuthority names it
        var removeAtEnd = keep || File.Exists(path) ? null : path;
        return new SampleFiles(SampleAuthority.OpenOrCreate(folder), removeAtEnd);
    }

    /// <summary>A package as an administrator downloads it.</summary>
    public SampleFile Onboarding() => authority.CreateOnboarding(OrganisationId).ToZip();

    /// <summary>The same for offboarding; devices refuse it after that moment.</summary>
    public SampleFile Offboarding(DateTimeOffset expiresAt) => authority.CreateOffboarding(OrganisationId, expiresAt).ToZip();

    public void Dispose()
    {
        authority.Dispose();
        if (removeAtEnd is not null)
        {
            File.Delete(removeAtEnd);
        }
    }
}
