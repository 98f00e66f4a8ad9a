namespace Atp.Core.Policies;

/// <summary>Bound from <c>Atp:ConfigurationFile</c>.</summary>
public sealed class ConfigurationFileOptions
{
    public const string Section = "Atp:ConfigurationFile";

    /// <summary>Subject of the certificate that signs configuration files.</summary>
    public string CertificateSubject { get; set; } = "CN=Seville.Windows.com";

    /// <summary>Roots that are trusted beside Microsoft's: base64 of their DER. For files that one signs oneself.</summary>
    public IList<string> AdditionalRoots { get; } = [];

    /// <summary>False turns a signature that fails into a warning on the policy.</summary>
    public bool RequireValidSignature { get; set; } = true;
}
