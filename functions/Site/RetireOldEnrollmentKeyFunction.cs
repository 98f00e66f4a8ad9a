using Atp.Core.Agent;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Site;

/// <summary>Ends a rotation: the old enrollment key is worthless from then on, on every instance within 5 minutes.</summary>
public sealed class RetireOldEnrollmentKeyFunction(EnrollmentKeyRotation rotation, TimeProvider clock)
{
    [Function("RetireOldEnrollmentKey")]
    [AdministratorAccess(Roles.DevicesReadWrite)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "site/enrollment-keys/retire-old")] HttpRequest request,
        CancellationToken ct)
    {
        var (command, change) = await request.ReadJsonAsync<ChangeEnrollmentKeys>(ct);
        return request.Answer(EnrollmentKeysAnswer.OfChange(await rotation.RetireOldAsync(command, change, ct), clock.GetUtcNow()));
    }
}
