using System.ComponentModel.DataAnnotations;

namespace Atp.Functions.Http;

/// <summary>Bound from <c>Atp:Entra</c>: whose tokens administrators bring.</summary>
public sealed class EntraOptions
{
    public const string Section = "Atp:Entra";

    /// <summary>The issuer's base; its OpenID Connect metadata is below it.</summary>
    [Required] public Uri? Authority { get; set; }

    /// <summary>The audience that tokens must be for.</summary>
    [Required] public string Audience { get; set; } = "";
}
