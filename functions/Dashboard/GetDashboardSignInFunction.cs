using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;

namespace Atp.Functions.Dashboard;

/// <summary>Where and as which application the dashboard page signs people in.</summary>
public sealed class GetDashboardSignInFunction(IOptions<EntraOptions> entra)
{
    [Function("GetDashboardSignIn")]
    [PublicAccess]
    public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "dashboard/sign-in")] HttpRequest request) =>
        request.Answer(new DashboardSignInAnswer(entra.Value.Authority!, entra.Value.DashboardClientId, entra.Value.DashboardScope));
}

/// <param name="Authority">The issuer, with its version.</param>
/// <param name="ClientId">Empty: the site has no application for it, and nobody can sign in.</param>
/// <param name="Scope">What the page asks a token for.</param>
public sealed record DashboardSignInAnswer(Uri Authority, string ClientId, string Scope);
