using System.Collections.Concurrent;
using System.Reflection;
using Atp.Core.Agent;
using Atp.Core.Errors;
using Atp.Core.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace Atp.Functions.Http;

/// <summary>Authenticates and authorizes HTTP calls by what the function declares; without a declaration nobody gets in.</summary>
public sealed class AccessMiddleware(AdministratorTokens administrators, DeviceCredentials devices) : IFunctionsWorkerMiddleware
{
    private static readonly ConcurrentDictionary<string, AccessAttribute?> Declared = new();

    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (context.GetHttpContext() is { } http)
        {
            await AuthorizeAsync(http, AccessOf(context.FunctionDefinition.EntryPoint), context.CancellationToken);
        }

        await next(context);
    }

    /// <param name="entryPoint">Namespace, class and method, as both hosts give it.</param>
    internal static AccessAttribute? AccessOf(string entryPoint) => Declared.GetOrAdd(entryPoint, static name =>
    {
        var dot = name.LastIndexOf('.');
        var type = AppDomain.CurrentDomain.GetAssemblies().Select(a => a.GetType(name[..dot])).FirstOrDefault(t => t is not null);
        return type?.GetMethod(name[(dot + 1)..])?.GetCustomAttribute<AccessAttribute>();
    });

    private async Task AuthorizeAsync(HttpContext http, AccessAttribute? access, CancellationToken ct)
    {
        var authorization = http.Request.Headers.Authorization.ToString();
        switch (access)
        {
            case AdministratorAccessAttribute needed:
                var administrator = await administrators.ValidateAsync(authorization, ct);
                if (!needed.Roles.Any(administrator.Roles.Contains))
                {
                    throw new DomainError(ErrorKind.Forbidden, "role.missing",
                        $"This needs one of the app roles {string.Join(", ", needed.Roles)}.").ToException();
                }

                http.Items[typeof(Caller)] = administrator.Caller with { Address = http.CallerAddress() };
                http.Items[typeof(Administrator)] = administrator;
                break;
            case DeviceAccessAttribute:
                var device = await devices.VerifyAsync(authorization, ct)
                    ?? throw new DomainError(ErrorKind.Unauthenticated, "device.token-invalid",
                        "The device's token is missing, expired or not valid. Sign a new one, for a day at most.").ToException();
                http.Items[typeof(DeviceToken)] = device;
                http.Items[typeof(Caller)] = Caller.Device(device.DeviceId) with { Address = http.CallerAddress() };
                break;
            case PublicAccessAttribute:
                break;
            default:
                throw new DomainError(ErrorKind.Forbidden, "access.undeclared", "Nobody may call this.").ToException();
        }
    }
}
