using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace Atp.Functions.Http;

/// <summary>Bound from <c>Atp:Entra</c>: whose tokens administrators bring.</summary>
public sealed partial class EntraOptions : IValidatableObject
{
    public const string Section = "Atp:Entra";

    /// <summary>Authorities that stand for every tenant: their metadata names no issuer that a token could have.</summary>
    private static readonly string[] Tenantless = ["common", "organizations", "consumers"];

    /// <summary>The base of one tenant's issuer; its OpenID Connect metadata is below it.</summary>
    [Required] public Uri? Authority { get; set; }

    /// <summary>The audience that tokens must be for.</summary>
    [Required] public string Audience { get; set; } = "";

    /// <summary>
    /// Issuers beside the one in the metadata that sign with the same keys, character by character: a tenant issues tokens of
    /// version 1.0 as <c>https://sts.windows.net/{tenant id}/</c>, and its metadata below <c>/v2.0</c> doesn't say so.
    /// </summary>
    public IList<string> AdditionalIssuers { get; } = [];

    /// <summary>The application as which the dashboard page signs people in: a public client. Empty: nobody can sign in there.</summary>
    public string DashboardClientId { get; set; } = "";

    /// <summary>What the dashboard page asks a token for. Default: all that the audience has to give.</summary>
    public string DashboardScope
    {
        get => field.Length > 0 ? field : $"{Audience}/.default";
        set;
    } = "";

    /// <summary>
    /// What a caller without a good token is asked for. Excel and Power BI learn from it where to sign in; an issuer over http is a
    /// local one, which they can't use.
    /// </summary>
    public string Challenge => Authority!.Scheme == Uri.UriSchemeHttps
        ? $"Bearer authorization_uri=\"{Version2().Replace(Authority.AbsoluteUri, "")}/oauth2/authorize\""
        : "Bearer";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Authority!.IsAbsoluteUri && Authority.Segments.Any(s => Tenantless.Contains(s.Trim('/'), StringComparer.OrdinalIgnoreCase)))
        {
            yield return new ValidationResult(
                $"{Section}:{nameof(Authority)} is {Authority}, which stands for every tenant. Name your own: https://login.microsoftonline.com/{{tenant id}}/v2.0.");
        }

        foreach (var issuer in AdditionalIssuers.Where(i => i.Contains('{') || !Uri.IsWellFormedUriString(i, UriKind.Absolute)))
        {
            yield return new ValidationResult(
                $"{Section}:{nameof(AdditionalIssuers)} has '{issuer}'. Each is the whole issuer as tokens have it, with your tenant's id in it.");
        }
    }

    [GeneratedRegex(@"/(v2\.0/?)?\z")]
    private static partial Regex Version2();
}
