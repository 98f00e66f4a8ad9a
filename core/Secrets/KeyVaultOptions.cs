using System.ComponentModel.DataAnnotations;

namespace Atp.Core.Secrets;

/// <summary>Bound from <c>Atp:KeyVault</c>.</summary>
public sealed class KeyVaultOptions
{
    public const string Section = "Atp:KeyVault";

    [Required] public Uri? Endpoint { get; set; }
}
