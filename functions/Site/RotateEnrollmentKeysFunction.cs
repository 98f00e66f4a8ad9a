using Atp.Core.Agent;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Site;

/// <summary>A new enrollment key; the one before stays valid while devices move.</summary>
public sealed class RotateEnrollmentKeysFunction(EnrollmentKeyRotation rotation, TimeProvider clock)
{
    [Function("RotateEnrollmentKeys")]
    [AdministratorAccess(Roles.DevicesReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "site/enrollment-keys/rotate")] HttpRequest request,
        CancellationToken ct)
    {
        var (command, change) = await request.ReadJsonAsync<ChangeEnrollmentKeys>(ct);
        return request.Answer(EnrollmentKeysAnswer.OfChange(await rotation.RotateAsync(command, change, ct), clock.GetUtcNow()));
    }
}
