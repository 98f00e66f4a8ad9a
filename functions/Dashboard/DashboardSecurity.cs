using Atp.Functions.Http;

namespace Atp.Functions.Dashboard;

/// <summary>What the dashboard page may do in a browser.</summary>
internal static class DashboardSecurity
{
    /// <summary>It runs and shows only what comes from here, and asks only here and, to sign in, the issuer of the tokens.</summary>
    public static string DashboardPolicy(this EntraOptions entra) =>
        $"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' {entra.Authority!.GetLeftPart(UriPartial.Authority)}; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}
